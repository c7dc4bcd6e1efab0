/* The rules of sim.core in C: the same draws, the same sums in the same order, the same bits.
 *
 * `advance`, at the end, is the order of a step; each rule stands here in that order, under its
 * name in sim.core.rules, where its meaning and sources are told. Records, streams and motives
 * come from records.h, which is written from the dtypes of the state. */

#include <stdbool.h>

#include "arithmetic.h"
#include "records.h"

struct ecosystem {
    int64_t n_people, n_companies, n_problems, n_rings, ring_length, n_experts, n_marks;
    struct person *people;
    struct face *faces;
    const double *weights; /* (person, motive) */
    struct company *companies;
    const struct levers *levers;
    struct problem *problems; /* (company, problem) */
    struct world *world;
    const double *rings;      /* (ring, position) */
    const int64_t *experts;   /* (expert, 3) */
    const int64_t *offsets;   /* (person + 1) */
    const int32_t *neighbours;
    int64_t *marks; /* (company, step size) */
    double *drive;  /* (company, motive) */
    struct company *history;
    double *drive_history;
};

typedef const struct parameters *numbers; /* of a scenario, converted to one step */

#define EACH(index, count) for (int64_t index = 0; index < (count); index++)

/* The circle of needs */

RULE double wrap(double x) {
    double point = x - floor(x);
    return point < 1.0 ? point : 0.0;
}

RULE double apart(double to, double start) {
    double way = to - start;
    return way - floor(way + 0.5);
}

RULE double fit(const struct person *me, const struct company *company, numbers par) {
    double reach = 1.0 - par->tools_reach * company->tools * (1.0 - company->control);
    double way = fabs(apart(me->need, company->direction)) * reach / par->tolerance;
    return exponential(-way * way);
}

/* Wages and motives */

typedef char every_motive_is_here[MOTIVES == 5 ? 1 : -1];

RULE double piece_rate(const struct company *company, numbers par) {
    double payroll = most(par->pay_purse, par->payroll * company->captured);
    return least(par->pay, payroll / most(1.0, company->accepted));
}

RULE double fun(const struct person *me, const struct company *company, numbers par) {
    double freedom = 1.0 - par->control_aversion * company->control;
    return freedom * (0.4 + 0.6 * company->fun) * (1.0 - par->crowding * me->crowding);
}

RULE double money(const struct company *company, numbers par) {
    double rivals = most(1.0, company->submitted / par->months);
    double prize = least(1.0, par->prize / (par->prize_dilution * rivals));
    double pay = par->pay > 0.0 ? piece_rate(company, par) / par->pay : 0.0;
    double offered = company->money * ((1.0 - company->contest) * pay + company->contest * prize);
    return offered * (1.0 - 0.5 * company->sharing) + par->share_appeal * company->sharing;
}

RULE double own_use(const struct person *me, const struct company *company, numbers par) {
    double unmet = 1.0 - fit(me, company, par);
    return unmet * company->acceptance * (0.4 + 0.6 * company->tools);
}

RULE double recognition(
    const struct person *me, const struct company *company, numbers par) {
    double audience = 0.4 + 0.6 * company->transparency;
    return company->recognition * audience * (1.0 - par->crowding * me->crowding);
}

RULE double social(const struct person *me, const struct company *company, numbers par) {
    double circle = logarithm(1.0 + company->active / 5.0) / logarithm(41.0);
    return company->social * circle * (1.0 - par->crowding * me->crowding);
}

RULE double weigh(
    const struct person *me, const double *weights, const struct company *company, numbers par,
    double pulls[MOTIVES]) {
    pulls[MOTIVE_FUN] = weights[MOTIVE_FUN] * fun(me, company, par);
    pulls[MOTIVE_MONEY] = weights[MOTIVE_MONEY] * money(company, par);
    pulls[MOTIVE_OWN_USE] = weights[MOTIVE_OWN_USE] * own_use(me, company, par);
    pulls[MOTIVE_RECOGNITION] = weights[MOTIVE_RECOGNITION] * recognition(me, company, par);
    pulls[MOTIVE_SOCIAL] = weights[MOTIVE_SOCIAL] * social(me, company, par);
    double total = 0.0;
    EACH(m, MOTIVES) total = total + pulls[m];
    return total;
}

/* Step 0: the world turns */

static void pose(int64_t p, int64_t t, chance key, struct ecosystem *e) {
    int64_t ring = (int64_t)((e->n_rings - 1) * uniform(key, STREAM_WORLD_RENEWAL, t, p, 1));
    int64_t at = (int64_t)(e->ring_length * uniform(key, STREAM_WORLD_RENEWAL, t, p, 2));
    EACH(c, e->n_companies) {
        struct problem *task = &e->problems[c * e->n_problems + p];
        task->ring = ring;
        task->at = at;
        task->winner = -1;
    }
}

static void turn_world(int64_t t, chance key, numbers par, struct ecosystem *e) {
    double drift = par->drift * normal(key, STREAM_WORLD_DRIFT, t, 0, 0);
    e->world->centre = wrap(e->world->centre + drift);
    EACH(i, e->n_people) e->people[i].need = wrap(e->people[i].need + drift);
    EACH(p, e->n_problems)
        if (uniform(key, STREAM_WORLD_RENEWAL, t, p, 0) < par->renewal) pose(p, t, key, e);
}

static void follow_policy(struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        const struct levers *asked = &e->levers[c];
        company->control = asked->control;
        company->vision = asked->vision;
        company->fun = asked->fun;
        company->transparency = asked->transparency;
        company->sharing = asked->sharing;
        company->contest = asked->contest;
        company->facilitation = asked->facilitation;
        company->money = asked->money * company->austerity;
        company->recognition = asked->recognition * company->austerity;
        company->social = asked->social * company->austerity;
        company->experts = asked->experts * company->austerity;
        company->tools = asked->tools * company->austerity;
    }
}

/* Step 1: goals move */

RULE double peers(const struct person *me, int64_t i, const struct ecosystem *e) {
    double total = 0.0;
    int64_t n = 0;
    for (int64_t k = e->offsets[i]; k < e->offsets[i + 1]; k++) {
        const struct face *other = &e->faces[e->neighbours[k]];
        if (other->company == me->company) {
            total += apart(other->goal, me->goal);
            n += 1;
        }
    }
    return n > 0 ? total / n : 0.0;
}

static void share_vision(numbers par, struct ecosystem *e) {
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        double move = par->own_pull * apart(me->need, me->goal);
        if (me->company >= 0) {
            const struct company *company = &e->companies[me->company];
            double to_vision = apart(company->goal, me->goal);
            if (fabs(to_vision) < par->confidence)
                move += par->goal_pull * company->vision * to_vision;
            double to_peers = peers(me, i, e);
            if (fabs(to_peers) < par->confidence)
                move += par->goal_pull * (1.0 - company->vision) * to_peers;
        }
        me->goal = wrap(me->goal + move);
    }
}

/* Step 2: members decide how much to give */

RULE void crowd_out(struct person *me, const struct company *company, numbers par) {
    double target = company->money / (company->money + par->crowding_offset);
    double rate = target > me->crowding ? par->crowding_up : par->crowding_down;
    me->crowding += rate * (target - me->crowding);
}

RULE double unconditional(const double pulls[MOTIVES], double appeal) {
    double free = 0.0;
    EACH(m, MOTIVES)
        if (!WAITS[m]) free += pulls[m];
    return appeal > 0.0 ? free / appeal : 0.0;
}

RULE double utility(
    const struct person *me, double trust, double appeal, const struct company *company,
    numbers par) {
    double near = 1.0 - fabs(apart(me->goal, company->goal)) / par->vision_reach;
    double audience = logarithm(1.0 + company->adopters / 200.0) / logarithm(6.0);
    return par->appeal * appeal
        + par->vision_appeal * company->vision * most(-1.0, least(1.0, near))
        + par->trust_appeal * (trust - 0.5)
        + par->tools_appeal * company->tools
        + par->audience_appeal * (audience - 1.0)
        - par->effort_cost;
}

RULE double contribution(double intercept, double slope, double belief) {
    return most(0.0, least(1.0, intercept + slope * belief));
}

RULE double reciprocate(
    const struct person *me, const struct company *company, numbers par) {
    double lift = par->sharing_lift * company->sharing;
    double given = contribution(me->intercept + lift, me->slope + lift, me->belief);
    return given * (1.0 - par->crowding * me->crowding);
}

static void give_effort(int64_t t, chance key, numbers par, struct ecosystem *e) {
    double *restrict drive = e->drive;
    const double *restrict weights = e->weights;
    double pulls[MOTIVES];
    EACH(k, e->n_companies * MOTIVES) drive[k] = 0.0;
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        me->submitted = 0;
        me->effort = 0.0;
        if (me->company < 0 || me->gone == 1) continue;
        const struct company *company = &e->companies[me->company];
        crowd_out(me, company, par);
        double appeal = weigh(me, &weights[i * MOTIVES], company, par, pulls);
        me->utility = utility(me, me->trust, appeal, company, par);
        double free = par->paid_effort * unconditional(pulls, appeal);
        double given = free + (1.0 - free) * reciprocate(me, company, par);
        me->effort = sigmoid(me->utility) * given;
        if (par->appeal * appeal > 0.0)
            EACH(m, MOTIVES)
                drive[me->company * MOTIVES + m] += me->effort * pulls[m] / appeal;
        double mean = par->contributions * me->effort * me->activity;
        me->submitted = poisson(mean, uniform(key, STREAM_EFFORT, t, i, 0));
        if (me->submitted > 0) {
            me->last = t;
            if (me->first < 0) me->first = t;
            me->made += me->submitted;
            me->made_here += me->submitted;
        }
    }
}

/* Step 3: contributions are screened */

static void load(struct ecosystem *e) {
    EACH(c, e->n_companies) e->companies[c].submitted = 0;
    EACH(i, e->n_people) {
        const struct person *me = &e->people[i];
        if (me->company >= 0) e->companies[me->company].submitted += me->submitted;
    }
}

static void open_gate(struct company *company, numbers par) {
    double due = par->gated * company->control * (company->submitted + company->waiting);
    double staffed = 0.5 + 0.5 * (1.0 - company->experts);
    double capacity = par->review_capacity * (1.0 + company->tools) * staffed;
    company->seen = due > capacity ? capacity / due : 1.0;
    double eyes = 1.0 - exponential(-company->active / par->many_eyes);
    double openly = (1.0 - company->control) * eyes * (0.3 + 0.7 * company->transparency);
    company->noise =
        par->judging_noise * (1.0 - 0.95 * (company->control * company->seen + openly));
    company->accepted = 0;
    company->rejected = 0;
    company->waiting = 0;
}

static void judge_work(
    int64_t t, int64_t i, chance key, numbers par, struct person *me,
    const struct company *company) {
    double gated = par->gated * company->control;
    double far = apart(me->goal, company->goal) / par->gate_width;
    double agreed = company->seen * exponential(-company->control * far * far);
    double works =
        1.0 - (1.0 - me->skill) * exponential(-me->accepted_ever / par->skill_learning);
    double accept = ((1.0 - gated) + gated * agreed) * works;
    double wait = gated * (1.0 - company->seen) * (1.0 - par->stale);
    int32_t n = me->submitted + me->waiting;
    me->waiting = 0;
    EACH(k, n) {
        double u = uniform(key, STREAM_GATE, t, i, k);
        if (u < accept)
            me->accepted += 1;
        else if (u < accept + wait)
            me->waiting += 1;
        else
            me->rejected += 1;
    }
}

static void screen(int64_t t, chance key, numbers par, struct ecosystem *e) {
    load(e);
    EACH(c, e->n_companies) open_gate(&e->companies[c], par);
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        me->accepted = 0;
        me->rejected = 0;
        if (me->company < 0 || me->submitted + me->waiting == 0) continue;
        struct company *company = &e->companies[me->company];
        judge_work(t, i, key, par, me, company);
        company->accepted += me->accepted;
        company->rejected += me->rejected;
        company->waiting += me->waiting;
    }
}

/* Step 4: accepted contributions search the problems */

RULE const double *ring_of(const struct problem *task, const struct ecosystem *e) {
    return &e->rings[task->ring * e->ring_length];
}

RULE int64_t climb(
    const double *restrict ring, int64_t n, int64_t at, int64_t first, int64_t second,
    int64_t third) {
    int64_t failures = 0, step = first, following = second, last = third;
    double height = ring[at];
    while (failures < 3) {
        int64_t there = at + step;
        if (there >= n) there -= n;
        if (ring[there] > height) {
            at = there;
            height = ring[there];
            failures = 0;
        } else {
            failures += 1;
        }
        int64_t tried = step;
        step = following;
        following = last;
        last = tried;
    }
    return at;
}

RULE int64_t reach(
    const struct person *me, const struct problem *task, int64_t start,
    const struct ecosystem *e) {
    return climb(
        ring_of(task, e), e->ring_length, start, me->first_step, me->second_step, me->third_step);
}

static void work_out(
    int64_t t, int64_t s, int64_t k, chance key, const int64_t steps[3], struct problem *task,
    const struct ecosystem *e) {
    const double *ring = ring_of(task, e);
    int64_t end = climb(ring, e->ring_length, task->at, steps[0], steps[1], steps[2]);
    if (end == task->at) {
        int64_t start = (int64_t)(e->ring_length * uniform(key, STREAM_RETRIAL, t, s, k));
        end = climb(ring, e->ring_length, start, steps[0], steps[1], steps[2]);
    }
    if (ring[end] > ring[task->at]) task->at = end;
}

static void solve(int64_t t, int64_t c, chance key, numbers par, struct ecosystem *e) {
    const struct company *company = &e->companies[c];
    int64_t n = e->n_experts;
    double solvers = n * company->experts * (1.0 - company->facilitation);
    EACH(s, n) {
        double at_work = par->expert_pace * least(1.0, solvers - s);
        EACH(k, par->expert_problems) {
            if (uniform(key, STREAM_EXPERTS, t, c * n + s, 2 * k) < at_work) {
                double u = uniform(key, STREAM_EXPERTS, t, c * n + s, 2 * k + 1);
                int64_t p = (int64_t)(e->n_problems * u);
                struct problem *task = &e->problems[c * e->n_problems + p];
                work_out(t, c * n + s, k, key, &e->experts[3 * s], task, e);
            }
        }
    }
}

static int64_t begin(
    int64_t t, int64_t i, int64_t k, chance key, numbers par, const struct company *company,
    const struct problem *task, const struct ecosystem *e) {
    double open = 1.0 - par->secrecy * (1.0 - company->transparency);
    if (uniform(key, STREAM_ENTRY, t, i, 3 * k) < open) return task->at;
    if (uniform(key, STREAM_ENTRY, t, i, 3 * k + 1) < par->modular)
        return (int64_t)(e->ring_length * uniform(key, STREAM_ENTRY, t, i, 3 * k + 2));
    return -1;
}

static int64_t match(
    int64_t p, const struct person *me, const struct problem *tasks, const struct ecosystem *e) {
    EACH(k, e->n_problems) {
        int64_t q = (p + k) % e->n_problems;
        if (reach(me, &tasks[q], tasks[q].at, e) != tasks[q].at) return q;
    }
    return p;
}

static void relay(
    int64_t t, int64_t i, int64_t k, chance key, const struct person *me,
    const struct company *company, struct problem *task, int64_t start,
    const struct ecosystem *e) {
    if (start < 0) return;
    const double *ring = ring_of(task, e);
    int64_t end = reach(me, task, start, e);
    if (end == task->at) end = (task->at + me->first_step) % e->ring_length;
    double gain = ring[end] - ring[task->at];
    if (gain + company->noise * normal(key, STREAM_JUDGE, t, i, k) > 0.0) task->at = end;
}

static void enter(
    int64_t t, int64_t i, int64_t k, chance key, struct person *me, const struct company *company,
    struct problem *task, int64_t start, const struct ecosystem *e) {
    me->accepted -= 1;
    me->rejected += 1;
    if (start < 0) return;
    int64_t end = reach(me, task, start, e);
    double judged = ring_of(task, e)[end] + company->noise * normal(key, STREAM_JUDGE, t, i, k);
    if (task->winner < 0 || judged > task->entry) {
        task->entry = judged;
        task->entry_at = end;
        task->winner = i;
    }
}

static void contribute(
    int64_t t, int64_t i, chance key, numbers par, struct person *me, struct ecosystem *e) {
    const struct company *company = &e->companies[me->company];
    struct problem *tasks = &e->problems[me->company * e->n_problems];
    double enabled = e->n_experts * company->experts * company->facilitation * par->matches;
    double matched = enabled / company->accepted;
    int64_t n = me->accepted; /* entries to a contest take from it on the way */
    EACH(k, n) {
        int64_t p = (int64_t)(e->n_problems * uniform(key, STREAM_PROBLEM, t, i, 3 * k));
        int64_t start = begin(t, i, k, key, par, company, &tasks[p], e);
        double called = uniform(key, STREAM_PROBLEM, t, i, 3 * k + 1);
        if (called < par->called * company->contest) {
            enter(t, i, k, key, me, company, &tasks[p], start, e);
        } else if (uniform(key, STREAM_PROBLEM, t, i, 3 * k + 2) < matched) {
            p = match(p, me, tasks, e);
            relay(t, i, k, key, me, company, &tasks[p], tasks[p].at, e);
        } else {
            relay(t, i, k, key, me, company, &tasks[p], start, e);
        }
    }
}

static void award_prizes(
    numbers par, struct company *company, struct problem *tasks, struct ecosystem *e) {
    int64_t winners = 0;
    EACH(p, e->n_problems)
        if (tasks[p].winner >= 0) winners += 1;
    company->paid = 0.0;
    if (company->open == 0 || winners == 0) return;
    double purse = par->prize_purse * company->contest * company->money;
    EACH(p, e->n_problems) {
        struct problem *task = &tasks[p];
        if (task->winner < 0) continue;
        if (task->entry > ring_of(task, e)[task->at]) task->at = task->entry_at;
        struct person *winner = &e->people[task->winner];
        winner->accepted += 1;
        winner->rejected -= 1;
        winner->earned += purse / winners;
    }
    company->paid = purse;
}

static void take_in(struct person *me, struct company *company) {
    company->accepted += me->accepted;
    company->rejected += me->rejected;
    me->accepted_ever += me->accepted;
    if (me->welcomed < 0.0)
        me->welcomed = (double)me->accepted / (me->accepted + me->rejected);
    if (me->accepted > 0) {
        double cosine, sine;
        turn(me->goal, &cosine, &sine);
        company->parts += me->accepted;
        company->phase_cos += me->accepted * cosine;
        company->phase_sin += me->accepted * sine;
        company->pull += me->accepted * apart(me->goal, company->direction);
    }
}

static void search(int64_t t, chance key, numbers par, struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        company->phase_cos *= 1.0 - par->renewal;
        company->phase_sin *= 1.0 - par->renewal;
        company->parts *= 1.0 - par->renewal;
        company->pull = 0.0;
        if (company->open == 1) {
            EACH(p, e->n_problems) e->problems[c * e->n_problems + p].winner = -1;
            solve(t, c, key, par, e);
        }
    }
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        if (me->accepted > 0) contribute(t, i, key, par, me, e);
    }
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        award_prizes(par, company, &e->problems[c * e->n_problems], e);
        company->accepted = 0;
        company->rejected = 0;
    }
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        if (me->accepted + me->rejected > 0) take_in(me, &e->companies[me->company]);
    }
}

static void steer(int64_t t, chance key, numbers par, struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        if (company->open == 0) continue;
        bool worked = company->accepted > 0;
        double openness = 1.0 - company->control;
        double humility = 1.0 - company->vision;
        double pull = worked ? company->pull / company->accepted : 0.0;
        double to_vision = apart(company->goal, company->direction);
        double to_work = worked ? apart(company->direction + pull, company->goal) : 0.0;
        double to_market = apart(e->world->centre, company->goal);
        double error = par->vision_noise * normal(key, STREAM_LISTEN, t, c, 0);
        company->direction = wrap(
            company->direction
            + par->work_pull * openness * pull
            + par->vision_pull * company->control * to_vision);
        company->goal = wrap(
            company->goal
            + humility * (par->listening * openness * to_work + par->market_pull * to_market)
            + error);
    }
}

/* Step 5: users adopt, value is created and money flows */

static void prepare(
    struct company *company, const struct problem *tasks, numbers par,
    const struct ecosystem *e) {
    double total = 0.0;
    EACH(p, e->n_problems) {
        double height = ring_of(&tasks[p], e)[tasks[p].at] / 100.0;
        double second = height * height;
        double fourth = second * second;
        total += fourth * fourth;
    }
    company->quality = total / e->n_problems;
    if (company->parts > 1e-9) {
        double length = sqrt(
            company->phase_cos * company->phase_cos + company->phase_sin * company->phase_sin);
        company->coherence =
            exponential(-par->integrality * (1.0 - least(1.0, length / company->parts)));
    }
    company->adopters = 0;
    company->created = 0.0;
    company->fit = 0.0;
}

RULE double worth(const struct person *me, const struct company *company, numbers par) {
    double trusted = least(1.2, company->trust / 0.75);
    return par->worth
        * company->quality
        * company->coherence
        * fit(me, company, par)
        * (1.0 - par->trust_critical + par->trust_critical * trusted)
        * (1.0 - par->rivalry + par->rivalry * company->served);
}

static void use_up(numbers par, struct company *company) {
    company->stock += par->uses * company->accepted;
    double wanted = par->rivalry * par->months * company->adopters;
    double used = least(company->stock, wanted);
    company->served = wanted > 0.0 ? used / wanted : 1.0;
    company->stock -= used;
}

static void create_value(numbers par, struct ecosystem *e) {
    EACH(c, e->n_companies) prepare(&e->companies[c], &e->problems[c * e->n_problems], par, e);
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        me->adopted = -1;
        if (me->volunteer == 1 || me->gone == 1) continue;
        double best = par->reservation;
        EACH(c, e->n_companies) {
            const struct company *company = &e->companies[c];
            if (company->open != 1) continue;
            double value = worth(me, company, par);
            if (value > best) {
                best = value;
                me->adopted = c;
            }
        }
        if (me->adopted >= 0) {
            struct company *company = &e->companies[me->adopted];
            company->adopters += 1;
            company->created += best * par->months;
            company->fit += fit(me, company, par);
        }
    }
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        if (company->adopters > 0) company->fit /= company->adopters;
        use_up(par, company);
    }
}

static void budget(struct company *company, numbers par) {
    double spill =
        par->spillover * (0.6 * (1.0 - company->control) + 0.4 * company->transparency);
    company->captured = par->margin * company->created * (1.0 - spill);
    company->rate = piece_rate(company, par) * company->money * (1.0 - company->contest);
    company->paid += company->rate * company->accepted;
    int64_t active = company->active;
    int64_t reviewed = company->accepted + company->rejected + company->waiting;
    double open_work = par->coordination * (1.0 - company->control) * (1.0 - 0.7 * company->tools);
    company->cost = company->paid
        + par->staff_cost * (0.25 + 0.75 * company->experts)
        + par->tools_cost * company->tools
        + par->review_cost * company->control * company->seen * reviewed
        + open_work * active * active
        + par->community_cost * company->social * active
        + par->award_cost * company->awards;
    if (company->accepted > 0) {
        double profit = company->captured - company->cost;
        double earnings = company->cash + profit - company->endowment;
        company->shared = par->payout * company->sharing * most(0.0, least(profit, earnings));
    }
}

static void close_books(struct company *company, numbers par) {
    if (company->open == 0) return;
    company->cash += company->captured - company->cost - company->shared;
    if (company->cash >= 0.0) {
        company->overdrawn = 0;
        company->austerity = 1.0;
        return;
    }
    company->overdrawn += 1;
    company->austerity = par->austerity;
    if (company->overdrawn > par->grace) company->open = 0;
}

static void settle_accounts(int64_t t, chance key, numbers par, struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        company->captured = 0.0;
        company->cost = 0.0;
        company->rate = 0.0;
        company->shared = 0.0;
        company->awards = 0;
    }
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        if (me->accepted <= 0) continue;
        struct company *company = &e->companies[me->company];
        if (uniform(key, STREAM_AWARD, t, i, 0) < par->award_share * company->recognition) {
            me->awarded = t;
            company->awards += 1;
        }
    }
    EACH(c, e->n_companies)
        if (e->companies[c].open == 1) budget(&e->companies[c], par);
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        if (me->accepted <= 0) continue;
        const struct company *company = &e->companies[me->company];
        me->earned += me->accepted * (company->rate + company->shared / company->accepted);
    }
    EACH(c, e->n_companies) close_books(&e->companies[c], par);
}

/* Step 6: beliefs and trust move */

static void take_stock(struct company *company) {
    int64_t due = company->accepted + company->rejected + company->waiting;
    if (due > 0) company->acceptance = (double)company->accepted / due;
    company->effort = 0.0;
    company->present = 0;
}

RULE void believe(struct person *me, const struct company *company, numbers par) {
    double sight = 1.0 + par->belief_sight * (2.0 * company->transparency - 1.0);
    double gain = least(1.0, par->belief_gain * sight);
    double drift = par->belief_rise - par->belief_decay * me->belief;
    double belief = me->belief + gain * (company->effort - me->belief) + drift;
    me->belief = most(0.0, least(1.0, belief));
}

RULE void come_to_trust(
    struct person *me, double gap, const struct company *company, numbers par) {
    int32_t due = me->accepted + me->rejected + me->waiting;
    double treated = due > 0 ? (double)me->accepted / due : company->acceptance;
    double captured = company->created > 0.0 ? company->captured / company->created : 0.0;
    double target = sigmoid(
        -0.4
        + par->trust_acceptance * (treated - 0.5)
        + par->trust_openness * company->transparency
        + par->trust_sharing * company->sharing
        - par->trust_capture * captured * (1.0 - 0.7 * company->money)
        + par->trust_gap * company->transparency * gap);
    double rate = target > me->trust ? par->trust_up : par->trust_down;
    me->trust += rate * (target - me->trust);
}

static void learn(numbers par, struct ecosystem *e) {
    EACH(c, e->n_companies) take_stock(&e->companies[c]);
    EACH(i, e->n_people) {
        const struct person *me = &e->people[i];
        if (me->company >= 0 && me->gone == 0) {
            e->companies[me->company].effort += me->effort;
            e->companies[me->company].present += 1;
        }
    }
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        if (company->present > 0) company->effort /= company->present;
    }
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        if (me->company < 0) continue;
        const struct company *company = &e->companies[me->company];
        double gap = company->effort - me->belief;
        believe(me, company, par);
        come_to_trust(me, gap, company, par);
    }
}

/* Step 7: people leave, hear of companies, join and switch */

RULE double attraction(double u) { return exponential(least(700.0, u)); }

static bool leaves(
    int64_t t, int64_t i, chance key, numbers par, const struct person *me,
    struct company *company) {
    if (company->open == 0 || me->gone == 1) return true;
    if (me->joined > 0 && t - me->joined == par->three_months) company->survived += 1;
    double attachment = par->leave_utility * me->utility;
    if (me->awarded >= 0 && t - me->awarded <= par->year) attachment += par->award_gain;
    if (me->welcomed >= 0.0) attachment -= par->rejection * (1.0 - me->welcomed);
    double hazard =
        par->leave_early * attraction(-attachment) / (1.0 + me->made_here) + par->leave;
    return uniform(key, STREAM_LEAVE, t, i, 0) < 1.0 - exponential(-hazard);
}

static void part(int64_t t, numbers par, struct person *me, struct company *company) {
    company->departures += 1;
    company->members -= 1;
    company->rejected += me->waiting;
    company->waiting -= me->waiting;
    if (me->joined > 0 && t - me->joined < par->three_months) company->lost += 1;
    me->rejected += me->waiting;
    me->waiting = 0;
    me->company = -1;
    me->joined = -1;
    me->trust = par->first_trust;
}

static void enrol(int64_t t, int64_t c, struct person *me, struct company *company) {
    company->arrivals += 1;
    company->members += 1;
    me->company = c;
    me->joined = t;
    me->made_here = 0;
}

RULE double heard(
    int64_t i, int64_t c, numbers par, const struct company *company, const struct ecosystem *e) {
    double users = (double)company->adopters / e->n_people;
    int64_t tied = 0;
    for (int64_t k = e->offsets[i]; k < e->offsets[i + 1]; k++)
        tied += e->faces[e->neighbours[k]].company == c;
    int64_t degree = e->offsets[i + 1] - e->offsets[i];
    double friends = degree > 0 ? (double)tied / degree : 0.0;
    double rate = par->awareness
        + par->word_of_mouth * users * (1.0 - par->closed_word * company->control)
        + par->tie_awareness * friends;
    return 1.0 - exponential(-rate);
}

static void choose(int64_t t, int64_t i, chance key, numbers par, struct ecosystem *e) {
    struct person *me = &e->people[i];
    double total =
        attraction(me->company >= 0 ? me->utility + par->switch_cost : par->join_cost);
    int64_t chosen = me->company;
    double pulls[MOTIVES];
    EACH(c, e->n_companies) {
        const struct company *company = &e->companies[c];
        if (c == me->company || company->open == 0) continue;
        double word = heard(i, c, par, company, e);
        if (uniform(key, STREAM_AWARE, t, i, c) < word) {
            if (me->company < 0) me->aware = 1;
            double appeal = weigh(me, &e->weights[i * MOTIVES], company, par, pulls);
            double option = attraction(utility(me, par->first_trust, appeal, company, par));
            total += option;
            if (uniform(key, STREAM_CHOOSE, t, i, c) * total < option) chosen = c;
        }
    }
    if (chosen != me->company) {
        if (me->company >= 0) part(t, par, me, &e->companies[me->company]);
        enrol(t, chosen, me, &e->companies[chosen]);
    }
}

static void leave_and_join(int64_t t, chance key, numbers par, struct ecosystem *e) {
    EACH(c, e->n_companies) {
        e->companies[c].arrivals = 0;
        e->companies[c].departures = 0;
    }
    EACH(i, e->n_people) {
        struct person *me = &e->people[i];
        me->aware = 0;
        if (me->company < 0) {
            if (me->invited > 0 && e->companies[me->invited - 1].open == 1)
                enrol(t, me->invited - 1, me, &e->companies[me->invited - 1]);
            else if (me->gone == 0)
                choose(t, i, key, par, e);
            me->invited = 0;
        } else if (leaves(t, i, key, par, me, &e->companies[me->company])) {
            part(t, par, me, &e->companies[me->company]);
        } else if (e->n_companies > 1) {
            choose(t, i, key, par, e);
        }
    }
}

/* The end of a step: what others will see, and what is kept */

static void average(struct company *company, numbers par) {
    if (company->members > 0) {
        company->trust /= company->members;
        company->belief /= company->members;
        company->crowding /= company->members;
    } else {
        company->trust = par->first_trust;
    }
}

static void look_around(int64_t t, numbers par, struct ecosystem *e) {
    int64_t *restrict marks = e->marks;
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        company->active = 0;
        company->trust = 0.0;
        company->belief = 0.0;
        company->crowding = 0.0;
    }
    EACH(i, e->n_people) {
        const struct person *me = &e->people[i];
        e->faces[i].goal = me->goal;
        e->faces[i].company = me->company;
        if (me->company < 0) continue;
        struct company *company = &e->companies[me->company];
        company->trust += me->trust;
        company->belief += me->belief;
        company->crowding += me->crowding;
        if (me->last >= 0 && t - me->last < par->month && me->last > me->joined) {
            int64_t *mark = &marks[me->company * e->n_marks];
            company->active += 1;
            mark[me->first_step] = t;
            mark[me->second_step] = t;
            mark[me->third_step] = t;
        }
    }
    EACH(c, e->n_companies) {
        average(&e->companies[c], par);
        int64_t in_use = 0;
        for (int64_t step = 1; step < e->n_marks; step++)
            in_use += marks[c * e->n_marks + step] == t;
        e->companies[c].coverage = (double)in_use / (e->n_marks - 1);
    }
}

static void record(int64_t t, struct ecosystem *e) {
    size_t row = e->n_companies * sizeof *e->companies;
    size_t drive_row = e->n_companies * MOTIVES * sizeof *e->drive;
    memcpy(&e->history[t * e->n_companies], e->companies, row);
    memcpy(&e->drive_history[t * e->n_companies * MOTIVES], e->drive, drive_row);
}

/* The order of a step */

void advance(int64_t start, int64_t stop, chance key, numbers par, struct ecosystem *e) {
    for (int64_t t = start + 1; t <= stop; t++) {
        turn_world(t, key, par, e);
        follow_policy(e);
        share_vision(par, e);
        give_effort(t, key, par, e);
        screen(t, key, par, e);
        search(t, key, par, e);
        steer(t, key, par, e);
        create_value(par, e);
        settle_accounts(t, key, par, e);
        learn(par, e);
        leave_and_join(t, key, par, e);
        look_around(t, par, e);
        record(t, e);
    }
}
