/* The rules of sim.core in C: the same draws, the same sums in the same order, the same bits.
 *
 * `advance`, at the end, is the order of a step; each rule stands here in that order, under its
 * name in sim.core.rules, where its meaning and sources are told. Records, streams and motives
 * come from records.h, which is written from the dtypes of the state.
 *
 * It is laid out for gcc. People are taken in lots that stay in the nearest cache. What rules
 * compute with is first copied to columns of a lot, so that several people are computed at once;
 * and who has something to do is put on a list, without a branch, rather than asked each time. */

#include "arithmetic.h"
#include "records.h"

enum {
    LOT = 128,      /* people taken at once; it divides BLOCK */
    FEW = 4,        /* contributions that are listed at once */
    TIES_AHEAD = 128, /* faces of ties are fetched so long before they are looked at */
    PEOPLE_AHEAD = 24 /* and the records of those who have work */
};

typedef const struct parameters *numbers; /* of a scenario, converted to one step */

#define EACH(index, count) for (int64_t index = 0; index < (count); index++)

RULE int64_t up_to(int64_t limit, int64_t n) { return n < limit ? n : limit; }

/* Asks the memory for a person, who takes two lines of a cache. */
RULE void fetch(const struct person *me) {
    __builtin_prefetch(me);
    __builtin_prefetch((const char *)me + 64);
}

/* The circle of needs */

RULE double wrap(double x) {
    double point = x - floor(x);
    return point < 1.0 ? point : 0.0;
}

RULE double apart(double to, double start) {
    double way = to - start;
    return way - floor(way + 0.5);
}

RULE double narrowness(const struct company *company, numbers par) {
    return (1.0 - par->tools_reach * company->tools * (1.0 - company->control)) / par->tolerance;
}

RULE double log_fit(double need, const struct company *company, const struct offer *offer) {
    double way = apart(need, company->direction) * offer->reach;
    return -way * way;
}

/* Wages, and what a company has for each motive */

typedef char every_motive_is_here[MOTIVES == 5 ? 1 : -1];

RULE double piece_rate(const struct company *company, numbers par) {
    double payroll = most(par->pay_purse, par->payroll * company->captured);
    return least(par->pay, payroll / most(1.0, company->accepted));
}

RULE double offer_of_money(const struct company *company, numbers par) {
    double rivals = most(1.0, company->submitted / par->months);
    double prize = least(1.0, par->prize / (par->prize_dilution * rivals));
    double pay = par->pay > 0.0 ? piece_rate(company, par) / par->pay : 0.0;
    double offered = company->money * ((1.0 - company->contest) * pay + company->contest * prize);
    return offered * (1.0 - 0.5 * company->sharing) + par->share_appeal * company->sharing;
}

static void make_offers(numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        const struct company *company = &e->companies[c];
        struct offer *offer = &e->offers[c];
        offer->reach = narrowness(company, par);
        offer->crowding = company->money / (company->money + par->crowding_offset);
        offer->lift = par->sharing_lift * company->sharing;
        double audience = logarithm(1.0 + company->adopters / 200.0) / logarithm(6.0);
        offer->welcome = par->tools_appeal * company->tools
            + par->audience_appeal * (audience - 1.0)
            - par->effort_cost;
        double users = (double)company->adopters / e->n_people;
        double closed = par->closed_word * company->control;
        offer->word = par->awareness + par->word_of_mouth * users * (1.0 - closed);
        offer->fun =
            (1.0 - par->control_aversion * company->control) * (0.4 + 0.6 * company->fun);
        offer->money = offer_of_money(company, par);
        offer->own_use = company->acceptance * (0.4 + 0.6 * company->tools);
        offer->recognition = company->recognition * (0.4 + 0.6 * company->transparency);
        offer->social =
            company->social * (logarithm(1.0 + company->active / 5.0) / logarithm(41.0));
    }
}

/* Sets weight times appeal of each motive; `fit` is of product and need. */
RULE void weigh(
    const float weights[MOTIVES], double fit, double crowding, const struct offer *offer,
    numbers par, double pulls[MOTIVES]) {
    double inner = 1.0 - par->crowding * crowding;
    double appeals[MOTIVES] = {
        [MOTIVE_FUN] = offer->fun * inner,
        [MOTIVE_MONEY] = offer->money,
        [MOTIVE_OWN_USE] = (1.0 - fit) * offer->own_use,
        [MOTIVE_RECOGNITION] = offer->recognition * inner,
        [MOTIVE_SOCIAL] = offer->social * inner,
    };
    EACH(m, MOTIVES) pulls[m] = weights[m] * appeals[m];
}

RULE double sum(const double pulls[MOTIVES]) {
    double total = 0.0;
    EACH(m, MOTIVES) total += pulls[m];
    return total;
}

/* Step 0: the world turns */

static void pose(int64_t p, int64_t t, chance key, const struct ecosystem *e) {
    int64_t ring = (int64_t)((e->n_rings - 1) * uniform(key, STREAM_WORLD_RENEWAL, t, p, 1));
    int64_t at = (int64_t)(e->ring_length * uniform(key, STREAM_WORLD_RENEWAL, t, p, 2));
    EACH(c, e->n_companies) {
        struct problem *task = &e->problems[c * e->n_problems + p];
        task->ring = ring;
        task->at = at;
        task->winner = -1;
    }
}

static void turn_world(int64_t t, chance key, numbers par, const struct ecosystem *e) {
    e->world->drift = par->drift * normal(key, STREAM_WORLD_DRIFT, t, 0, 0);
    e->world->centre = wrap(e->world->centre + e->world->drift);
    EACH(p, e->n_problems)
        if (uniform(key, STREAM_WORLD_RENEWAL, t, p, 0) < par->renewal) pose(p, t, key, e);
}

static void follow_policy(const struct ecosystem *e) {
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

/* Steps 1 and 2: goals move, and members decide how much to give */

static void begin_sums(int64_t b, const struct ecosystem *e) {
    size_t row = e->n_companies * sizeof *e->tallies;
    size_t drive_row = e->n_companies * MOTIVES * sizeof *e->drives;
    memcpy(&e->tallies[b * e->n_companies], &e->tallies[e->n_blocks * e->n_companies], row);
    memset(&e->drives[b * e->n_companies * MOTIVES], 0, drive_row);
}

RULE void change_needs(struct person *me, double drift) { me->need = wrap(me->need + drift); }

/* The mean way to tied fellow members; without branches, so that no face is waited for. */
RULE double peers(const struct person *me, int64_t i, const struct ecosystem *e) {
    double total = 0.0;
    int64_t n = 0;
    uint64_t n_ties = e->offsets[e->n_people];
    for (uint64_t k = e->offsets[i]; k < e->offsets[i + 1]; k++) {
        uint64_t ahead = k + TIES_AHEAD < n_ties ? k + TIES_AHEAD : k;
        __builtin_prefetch(&e->faces[e->neighbours[ahead]]);
        const struct face *other = &e->faces[e->neighbours[k]];
        bool fellow = other->company == me->company;
        double way = apart(other->goal, me->goal);
        total += fellow ? way : 0.0;
        n += fellow;
    }
    return n > 0 ? total / n : 0.0;
}

RULE void share_vision(int64_t i, numbers par, struct person *me, const struct ecosystem *e) {
    double move = par->own_pull * apart(me->need, me->goal);
    if (me->company >= 0) {
        const struct company *company = &e->companies[me->company];
        double to_vision = apart(company->goal, me->goal);
        double to_peers = peers(me, i, e);
        double listens = par->goal_pull * company->vision * to_vision;
        double follows = par->goal_pull * (1.0 - company->vision) * to_peers;
        move += fabs(to_vision) < par->confidence ? listens : 0.0;
        move += fabs(to_peers) < par->confidence ? follows : 0.0;
    }
    me->goal = wrap(me->goal + move);
}

/* Lists those of n members who decide for company c in this step. */
RULE int64_t present_at(
    int64_t c, const struct person *people, const int16_t *members, int64_t n, int16_t *present) {
    int64_t found = 0;
    EACH(j, n) {
        const struct person *me = &people[members[j]];
        present[found] = members[j];
        found += (me->company == c) & (me->gone == 0);
    }
    return found;
}

RULE double crowd_out(double crowding, const struct offer *offer, numbers par) {
    double rate = offer->crowding > crowding ? par->crowding_up : par->crowding_down;
    return crowding + rate * (offer->crowding - crowding);
}

RULE double utility(
    double goal, double trust, double appeal, const struct company *company,
    const struct offer *offer, numbers par) {
    double near = 1.0 - fabs(apart(goal, company->goal)) / par->vision_reach;
    return par->appeal * appeal
        + par->vision_appeal * company->vision * most(-1.0, least(1.0, near))
        + par->trust_appeal * (trust - 0.5)
        + offer->welcome;
}

RULE double contribution(double intercept, double slope, double belief) {
    return most(0.0, least(1.0, intercept + slope * belief));
}

/* Members of company c, listed, of the lot that begins with `start` decide how much to give. */
static void give_effort(
    int64_t t, int64_t start, int64_t c, const int16_t *restrict members, int64_t n, chance key,
    numbers par, const struct ecosystem *e) {
    const struct company *company = &e->companies[c];
    const struct offer *offer = &e->offers[c];
    struct person *people = &e->people[start];
    struct tally *tally = &e->tallies[start / BLOCK * e->n_companies + c];
    double *restrict drives = &e->drives[(start / BLOCK * e->n_companies + c) * MOTIVES];
    double need[LOT], goal[LOT], trust[LOT], belief[LOT], crowding[LOT], activity[LOT];
    double intercept[LOT], slope[LOT], effort[LOT], mean[LOT], chances[LOT], none[LOT];
    double driven[MOTIVES][LOT];
    float weights[MOTIVES][LOT], utilities[LOT];
    int16_t some[LOT];
    EACH(j, n) {
        const struct person *me = &people[members[j]];
        const struct type *kind = &e->types[me->reciprocity];
        need[j] = me->need;
        goal[j] = me->goal;
        trust[j] = me->trust;
        belief[j] = me->belief;
        crowding[j] = me->crowding;
        activity[j] = me->activity;
        intercept[j] = kind->intercept;
        slope[j] = kind->slope;
        EACH(m, MOTIVES) weights[m][j] = e->weights[(start + members[j]) * MOTIVES + m];
    }
    EACH(j, n) {
        crowding[j] = crowd_out(crowding[j], offer, par);
        double fit = exponential(log_fit(need[j], company, offer));
        float weight[MOTIVES];
        EACH(m, MOTIVES) weight[m] = weights[m][j];
        double pulls[MOTIVES];
        weigh(weight, fit, crowding[j], offer, par, pulls);
        double appeal = sum(pulls), unconditional = 0.0;
        EACH(m, MOTIVES) unconditional += WAITS[m] ? 0.0 : pulls[m];
        utilities[j] = utility(goal[j], trust[j], appeal, company, offer, par);
        double each = appeal > 0.0 ? 1.0 / appeal : 0.0;
        double free = par->paid_effort * unconditional * each;
        double given =
            contribution(intercept[j] + offer->lift, slope[j] + offer->lift, belief[j])
            * (1.0 - par->crowding * crowding[j]);
        effort[j] = sigmoid(utilities[j]) * (free + (1.0 - free) * given);
        mean[j] = par->contributions * effort[j] * activity[j];
        EACH(m, MOTIVES) driven[m][j] = effort[j] * each * pulls[m];
    }
    tally->present += n;
    double total = tally->effort;
    EACH(j, n) total += effort[j];
    tally->effort = total;
    uniform_all(key, STREAM_EFFORT, t, 0, start, members, n, chances);
    if (par->appeal > 0.0)
        EACH(j, n) EACH(m, MOTIVES) drives[m] += driven[m][j];
    int64_t n_some = 0;
    EACH(j, n) {
        struct person *me = &people[members[j]];
        me->crowding = crowding[j];
        me->utility = utilities[j];
        me->effort = effort[j];
        double u = chances[j];
        some[n_some] = members[j];
        mean[n_some] = mean[j];
        chances[n_some] = u;
        n_some += !surely_none(mean[j], u);
    }
    EACH(j, n_some) none[j] = exponential(-mean[j]);
    EACH(j, n_some) {
        struct person *me = &people[some[j]];
        me->submitted = poisson_after(none[j], mean[j], chances[j]);
        if (me->submitted > 0) {
            me->last = t;
            if (me->first < 0) me->first = t;
            me->made += me->submitted;
            me->made_here += me->submitted;
            tally->submitted += me->submitted;
        }
    }
}

/* Asks the memory for the person who stands one lot behind person i. */
RULE void expect(int64_t i, const struct ecosystem *e) {
    fetch(&e->people[up_to(i + LOT, e->n_people - 1)]);
}

static void take_part(int64_t t, chance key, numbers par, const struct ecosystem *e) {
    double drift = e->world->drift;
    int16_t members[LOT], present[LOT];
    EACH(b, e->n_blocks) {
        int64_t first = b * BLOCK, last = first + up_to(BLOCK, e->n_people - first), n_busy = 0;
        uint32_t *busy = &e->busy[first];
        begin_sums(b, e);
        for (int64_t start = first; start < last; start += LOT) {
            struct person *people = &e->people[start];
            int64_t n = up_to(LOT, last - start);
            EACH(k, n) {
                expect(start + k, e);
                change_needs(&people[k], drift);
                share_vision(start + k, par, &people[k], e);
            }
            int64_t n_members = 0;
            EACH(k, n) {
                members[n_members] = k;
                n_members += people[k].company >= 0;
                people[k].submitted = people[k].accepted = people[k].rejected = 0;
                people[k].effort = 0.0;
            }
            EACH(c, e->n_companies) {
                int64_t n_present = present_at(c, people, members, n_members, present);
                give_effort(t, start, c, present, n_present, key, par, e);
            }
            EACH(j, n_members) {
                const struct person *me = &people[members[j]];
                busy[n_busy] = start + members[j];
                n_busy += me->submitted + me->waiting > 0;
            }
        }
        e->lists[b].busy = n_busy;
    }
}

/* Step 3: contributions are screened */

static void open_gates(numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        company->submitted = 0;
        EACH(b, e->n_blocks) company->submitted += e->tallies[b * e->n_companies + c].submitted;
        double due = par->gated * company->control * (company->submitted + company->waiting);
        double staffed = 0.5 + 0.5 * (1.0 - company->experts);
        double capacity = par->review_capacity * (1.0 + company->tools) * staffed;
        company->seen = due > capacity ? capacity / due : 1.0;
        double eyes = 1.0 - exponential(-company->active / par->many_eyes);
        double openly = (1.0 - company->control) * eyes * (0.3 + 0.7 * company->transparency);
        double screened = company->control * company->seen + openly;
        company->noise = par->judging_noise * (1.0 - 0.95 * screened);
    }
}

RULE double distance(double goal, const struct company *company, numbers par) {
    double far = apart(goal, company->goal) / par->gate_width;
    return -company->control * far * far;
}

/* Has the work of a lot of people, who have some, screened. */
static void screen(
    int64_t t, chance key, numbers par, const uint32_t *busy, int64_t n, struct tally *tallies,
    const struct ecosystem *e) {
    double near[LOT], works[LOT], skill[LOT];
    EACH(k, n) {
        fetch(&e->people[busy[up_to(k + PEOPLE_AHEAD, n - 1)]]);
        const struct person *me = &e->people[busy[k]];
        near[k] = distance(me->goal, &e->companies[me->company], par);
        works[k] = -me->accepted_ever / par->skill_learning;
        skill[k] = me->skill;
    }
    EACH(k, n) near[k] = exponential(near[k]);
    EACH(k, n) works[k] = 1.0 - (1.0 - skill[k]) * exponential(works[k]);
    EACH(k, n) {
        struct person *me = &e->people[busy[k]];
        const struct company *company = &e->companies[me->company];
        double gated = par->gated * company->control;
        double accept = ((1.0 - gated) + gated * company->seen * near[k]) * works[k];
        double bound = accept + gated * (1.0 - company->seen) * (1.0 - par->stale);
        int32_t n_draws = me->submitted + me->waiting, accepted = 0, waiting = 0;
        EACH(d, n_draws) {
            double u = uniform(key, STREAM_GATE, t, busy[k], d);
            accepted += u < accept;
            waiting += (u >= accept) & (u < bound);
        }
        me->accepted = accepted;
        me->waiting = waiting;
        me->rejected = n_draws - accepted - waiting;
        tallies[me->company].accepted += accepted;
        tallies[me->company].waiting += waiting;
    }
}

/* Those with accepted work come first in the list, in their order; returns how many they are. */
RULE int64_t bring_forward(uint32_t *busy, int64_t n, const struct person *people) {
    int64_t found = 0;
    EACH(k, n) {
        uint32_t i = busy[k], other = busy[found];
        bool is_one = people[i].accepted > 0;
        busy[found] = is_one ? i : other;
        busy[k] = is_one ? other : i;
        found += is_one;
    }
    return found;
}

static void submit(int64_t t, chance key, numbers par, const struct ecosystem *e) {
    EACH(b, e->n_blocks) {
        struct list *list = &e->lists[b];
        uint32_t *busy = &e->busy[b * BLOCK];
        for (int64_t k = 0; k < list->busy; k += LOT)
            screen(
                t, key, par, &busy[k], up_to(LOT, list->busy - k),
                &e->tallies[b * e->n_companies], e);
        list->accepted = bring_forward(busy, list->busy, e->people);
    }
}

static void close_gates(const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        company->accepted = 0;
        company->waiting = 0;
        EACH(b, e->n_blocks) {
            struct tally *tally = &e->tallies[b * e->n_companies + c];
            company->accepted += tally->accepted;
            company->waiting += tally->waiting;
            tally->accepted = 0;
        }
    }
}

/* Step 4: accepted contributions search the problems */

RULE const double *ring_of(const struct problem *task, const struct ecosystem *e) {
    return &e->rings[task->ring * e->ring_length];
}

RULE int64_t ahead(int64_t at, int64_t step, int64_t n) {
    int64_t there = at + step;
    return there < n ? there : there - n;
}

/* All three steps are looked at together, and the first in turn that leads higher is taken. */
RULE int64_t climb(
    const double *restrict ring, int64_t n, int64_t at, int64_t first, int64_t second,
    int64_t third) {
    for (;;) {
        int64_t a = ahead(at, first, n), b = ahead(at, second, n), c = ahead(at, third, n);
        bool up_a = ring[a] > ring[at], up_b = ring[b] > ring[at], up_c = ring[c] > ring[at];
        if (!(up_a | up_b | up_c)) return at;
        int64_t x = first, y = second, z = third;
        at = up_a ? a : up_b ? b : c;
        first = up_a ? y : up_b ? z : x;
        second = up_a ? z : up_b ? x : y;
        third = up_a ? x : up_b ? y : z;
    }
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

static void solve(int64_t t, int64_t c, chance key, numbers par, const struct ecosystem *e) {
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

static void begin_search(int64_t t, chance key, numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        company->phase_cos *= 1.0 - par->renewal;
        company->phase_sin *= 1.0 - par->renewal;
        company->parts *= 1.0 - par->renewal;
        if (company->open == 1) solve(t, c, key, par, e);
        struct offer *offer = &e->offers[c];
        double enabled = e->n_experts * company->experts * company->facilitation * par->matches;
        offer->called = par->called * company->contest;
        offer->matched = enabled / (company->accepted > 1 ? company->accepted : 1);
        offer->seen = 1.0 - par->secrecy * (1.0 - company->transparency);
        EACH(p, e->n_problems) e->problems[c * e->n_problems + p].winner = -1;
    }
}

RULE bool called(int64_t t, int64_t i, int64_t k, chance key, const struct offer *offer) {
    return offer->called > 0.0
        && uniform(key, STREAM_PROBLEM, t, i, 3 * k + 1) < offer->called;
}

RULE int64_t begin(
    int64_t t, int64_t i, int64_t k, chance key, numbers par, const struct offer *offer,
    const struct problem *task, double sight, const struct ecosystem *e) {
    if (sight < offer->seen) return task->at;
    if (uniform(key, STREAM_ENTRY, t, i, 3 * k + 1) < par->modular)
        return (int64_t)(e->ring_length * uniform(key, STREAM_ENTRY, t, i, 3 * k + 2));
    return -1;
}

RULE bool helps(
    const struct person *me, const struct problem *task, const struct ecosystem *e) {
    const double *ring = ring_of(task, e);
    double here = ring[task->at];
    return (ring[ahead(task->at, me->first_step, e->ring_length)] > here)
        | (ring[ahead(task->at, me->second_step, e->ring_length)] > here)
        | (ring[ahead(task->at, me->third_step, e->ring_length)] > here);
}

RULE int64_t match(
    int64_t p, const struct person *me, const struct problem *tasks, const struct ecosystem *e) {
    int64_t q = p;
    EACH(k, e->n_problems) {
        if (helps(me, &tasks[q], e)) return q;
        q = ahead(q, 1, e->n_problems);
    }
    return p;
}

RULE void relay(
    const struct person *me, const struct company *company, struct problem *task, int64_t start,
    double error, const struct ecosystem *e) {
    if (start < 0) return;
    const double *ring = ring_of(task, e);
    int64_t end = reach(me, task, start, e);
    if (end == task->at) {
        end = ahead(task->at, me->first_step, e->ring_length);
    }
    double gain = ring[end] - ring[task->at];
    bool better = gain > 0.0;
    if (better != (error > 0.5)) better = gain + company->noise * normal_quantile(error) > 0.0;
    if (better) task->at = end;
}

RULE void enter(
    int64_t i, const struct person *me, const struct company *company, struct problem *task,
    int64_t start, double error, const struct ecosystem *e) {
    if (start < 0) return;
    int64_t end = reach(me, task, start, e);
    double judged = ring_of(task, e)[end] + company->noise * normal_quantile(error);
    if (task->winner < 0 || judged > task->entry) {
        task->entry = judged;
        task->entry_at = end;
        task->winner = i;
    }
}

/* Contribution number[m] of person who[m], for each of n. */
static void contribute(
    int64_t n, const int64_t *who, const int64_t *number, int64_t t, chance key, numbers par,
    const struct ecosystem *e) {
    double problem[LOT], call[LOT], match_at[LOT], sight[LOT], error[LOT];
    EACH(m, n) {
        problem[m] = uniform(key, STREAM_PROBLEM, t, who[m], 3 * number[m]);
        call[m] = uniform(key, STREAM_PROBLEM, t, who[m], 3 * number[m] + 1);
        match_at[m] = uniform(key, STREAM_PROBLEM, t, who[m], 3 * number[m] + 2);
        sight[m] = uniform(key, STREAM_ENTRY, t, who[m], 3 * number[m]);
        error[m] = uniform(key, STREAM_JUDGE, t, who[m], number[m]);
    }
    EACH(m, n) {
        const struct person *me = &e->people[who[m]];
        const struct company *company = &e->companies[me->company];
        struct problem *tasks = &e->problems[me->company * e->n_problems];
        const struct offer *offer = &e->offers[me->company];
        int64_t p = (int64_t)(e->n_problems * problem[m]);
        bool is_entry = call[m] < offer->called;
        bool is_matched = !is_entry && match_at[m] < offer->matched;
        struct problem *task = &tasks[is_matched ? match(p, me, tasks, e) : p];
        int64_t start = task->at;
        if (!is_matched)
            start = begin(t, who[m], number[m], key, par, offer, task, sight[m], e);
        if (is_entry)
            enter(who[m], me, company, task, start, error[m], e);
        else
            relay(me, company, task, start, error[m], e);
    }
}

static void search(int64_t t, chance key, numbers par, const struct ecosystem *e) {
    int64_t who[LOT], number[LOT], n = 0;
    EACH(b, e->n_blocks) {
        const uint32_t *busy = &e->busy[b * BLOCK];
        EACH(k, e->lists[b].accepted) {
            __builtin_prefetch(&e->people[busy[up_to(k + PEOPLE_AHEAD, e->lists[b].busy - 1)]]);
            int32_t accepted = e->people[busy[k]].accepted;
            for (int64_t listed = 0; listed < accepted; listed += FEW) {
                EACH(m, FEW) { /* those too many are written over */
                    who[n + m] = busy[k];
                    number[n + m] = listed + m;
                }
                n += up_to(FEW, accepted - listed);
                if (n > LOT - FEW) {
                    contribute(n, who, number, t, key, par, e);
                    n = 0;
                }
            }
        }
    }
    contribute(n, who, number, t, key, par, e);
}

static void award_prizes(numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        int64_t winners = 0;
        EACH(p, e->n_problems) {
            struct problem *task = &e->problems[c * e->n_problems + p];
            if (task->winner < 0) continue;
            winners += 1;
            if (task->entry > ring_of(task, e)[task->at]) task->at = task->entry_at;
        }
        double purse = par->prize_purse * company->contest * company->money;
        company->paid = winners > 0 ? purse : 0.0;
        e->offers[c].prize = purse / (winners > 1 ? winners : 1);
    }
}

/* Entries to a contest count as rejected unless they have won. */
RULE void judge_entries(
    int64_t t, int64_t i, chance key, struct person *me, const struct offer *offer,
    const struct problem *tasks, int64_t n_problems) {
    int64_t n = me->accepted; /* which entries take from on the way */
    EACH(k, n) {
        if (called(t, i, k, key, offer)) {
            me->accepted -= 1;
            me->rejected += 1;
        }
    }
    EACH(p, n_problems) {
        if (tasks[p].winner == i) {
            me->accepted += 1;
            me->rejected -= 1;
            me->earned += offer->prize;
        }
    }
}

static void take_in(
    int64_t t, chance key, numbers par, const uint32_t *busy, int64_t n, int64_t n_accepted,
    struct tally *tallies, const struct ecosystem *e) {
    double goal[LOT], cosine[LOT], sine[LOT], pull[LOT];
    int32_t decided[LOT];
    EACH(k, n) {
        fetch(&e->people[busy[up_to(k + PEOPLE_AHEAD, n - 1)]]);
        struct person *me = &e->people[busy[k]];
        const struct offer *offer = &e->offers[me->company];
        if (offer->called > 0.0)
            judge_entries(
                t, busy[k], key, me, offer, &e->problems[me->company * e->n_problems],
                e->n_problems);
        goal[k] = me->goal;
        pull[k] = apart(me->goal, e->companies[me->company].direction);
        decided[k] = me->accepted + me->rejected;
    }
    EACH(k, n_accepted) turn(goal[k], &cosine[k], &sine[k]);
    EACH(k, n) {
        struct person *me = &e->people[busy[k]];
        int32_t accepted = me->accepted;
        struct tally *tally = &tallies[me->company];
        if (decided[k] == 0) continue;
        tally->accepted += accepted;
        tally->rejected += me->rejected;
        me->accepted_ever += accepted;
        if (me->welcomed < 0.0f) me->welcomed = (double)accepted / decided[k];
        if (accepted == 0) continue;
        tally->phase_cos += accepted * cosine[k];
        tally->phase_sin += accepted * sine[k];
        tally->pull += accepted * pull[k];
        double share = par->award_share * e->companies[me->company].recognition;
        if (share > 0.0 && uniform(key, STREAM_AWARD, t, busy[k], 0) < share) {
            me->awarded = t;
            tally->awards += 1;
        }
    }
}

static void take_in_work(int64_t t, chance key, numbers par, const struct ecosystem *e) {
    EACH(b, e->n_blocks) {
        const struct list *list = &e->lists[b];
        for (int64_t k = 0; k < list->busy; k += LOT) {
            int64_t n = up_to(LOT, list->busy - k);
            take_in(
                t, key, par, &e->busy[b * BLOCK + k], n, up_to(n, list->accepted - k),
                &e->tallies[b * e->n_companies], e);
        }
    }
}

static void gather(int64_t c, struct company *company, const struct ecosystem *e) {
    company->accepted = 0;
    company->rejected = 0;
    company->awards = 0;
    company->pull = 0.0;
    EACH(b, e->n_blocks) {
        const struct tally *tally = &e->tallies[b * e->n_companies + c];
        company->accepted += tally->accepted;
        company->rejected += tally->rejected;
        company->awards += tally->awards;
        company->pull += tally->pull;
        company->phase_cos += tally->phase_cos;
        company->phase_sin += tally->phase_sin;
    }
    company->parts += company->accepted;
}

static void steer(int64_t t, chance key, numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        gather(c, company, e);
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

RULE double worth(const struct company *company, numbers par) {
    double trusted = least(1.2, company->trust / 0.75);
    return par->worth
        * company->quality
        * company->coherence
        * (1.0 - par->trust_critical + par->trust_critical * trusted)
        * (1.0 - par->rivalry + par->rivalry * company->served);
}

static void bring_out(numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        const struct problem *tasks = &e->problems[c * e->n_problems];
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
        e->offers[c].worth = worth(company, par);
    }
}

static void use(numbers par, const struct ecosystem *e) {
    double need[LOT], best[LOT], fits[LOT];
    int64_t adopts[LOT], adopted[LOT];
    for (int64_t start = 0; start < e->n_people; start += LOT) {
        struct person *people = &e->people[start];
        struct tally *tallies = &e->tallies[start / BLOCK * e->n_companies];
        int64_t n = up_to(LOT, e->n_people - start);
        EACH(k, n) {
            __builtin_prefetch(&e->people[up_to(start + k + LOT, e->n_people - 1)]);
            need[k] = people[k].need;
            adopts[k] = people[k].volunteer == 0 && people[k].gone == 0;
            adopted[k] = -1;
            best[k] = par->reservation;
        }
        EACH(c, e->n_companies) {
            const struct company *company = &e->companies[c];
            const struct offer *offer = &e->offers[c];
            if (company->open == 0 || offer->worth <= par->reservation) continue;
            EACH(k, n) {
                double suits = exponential(log_fit(need[k], company, offer));
                double value = offer->worth * suits;
                bool better = (value > best[k]) & (adopts[k] == 1);
                best[k] = better ? value : best[k];
                fits[k] = better ? suits : fits[k];
                adopted[k] = better ? c : adopted[k];
            }
        }
        EACH(k, n)
            if (people[k].adopted != adopted[k]) people[k].adopted = adopted[k];
        EACH(c, e->n_companies) {
            if (e->companies[c].open == 0 || e->offers[c].worth <= par->reservation) continue;
            int64_t adopters = tallies[c].adopters;
            double created = tallies[c].created, fit = tallies[c].fit;
            EACH(k, n) {
                bool is_one = adopted[k] == c;
                adopters += is_one;
                created += is_one ? best[k] * par->months : 0.0;
                fit += is_one ? fits[k] : 0.0;
            }
            tallies[c].adopters = adopters;
            tallies[c].created = created;
            tallies[c].fit = fit;
        }
    }
}

static void use_up(numbers par, struct company *company) {
    company->stock += par->uses * company->accepted;
    double wanted = par->rivalry * par->months * company->adopters;
    double used = least(company->stock, wanted);
    company->served = wanted > 0.0 ? used / wanted : 1.0;
    company->stock -= used;
}

static void count_users(numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        company->adopters = 0;
        company->created = 0.0;
        company->fit = 0.0;
        EACH(b, e->n_blocks) {
            const struct tally *tally = &e->tallies[b * e->n_companies + c];
            company->adopters += tally->adopters;
            company->created += tally->created;
            company->fit += tally->fit;
        }
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

RULE void pay(struct person *me, const struct company *company) {
    me->earned += me->accepted * (company->rate + company->shared / company->accepted);
}

static void close_books(struct company *company, numbers par) {
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

static void settle_accounts(numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        company->captured = 0.0;
        company->cost = 0.0;
        company->rate = 0.0;
        company->shared = 0.0;
        if (company->open == 1) {
            budget(company, par);
            close_books(company, par);
        }
    }
}

/* Step 6: beliefs and trust move */

static void take_stock(numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        struct offer *offer = &e->offers[c];
        int64_t due = company->accepted + company->rejected + company->waiting;
        if (due > 0) company->acceptance = (double)company->accepted / due;
        company->effort = 0.0;
        company->present = 0;
        EACH(b, e->n_blocks) {
            company->effort += e->tallies[b * e->n_companies + c].effort;
            company->present += e->tallies[b * e->n_companies + c].present;
        }
        if (company->present > 0) company->effort /= company->present;
        double sight = 1.0 + par->belief_sight * (2.0 * company->transparency - 1.0);
        offer->gain = least(1.0, par->belief_gain * sight);
        double captured = company->created > 0.0 ? company->captured / company->created : 0.0;
        offer->fairness = -0.4
            + par->trust_openness * company->transparency
            + par->trust_sharing * company->sharing
            - par->trust_capture * captured * (1.0 - 0.7 * company->money);
    }
}

RULE double next_belief(double belief, double seen, double gain, double rise, double decay) {
    return most(0.0, least(1.0, belief + gain * (seen - belief) + (rise - decay * belief)));
}

RULE double learn(
    struct person *me, const struct company *company, const struct offer *offer, numbers par) {
    double gap = company->effort - me->belief;
    me->belief = next_belief(
        me->belief, company->effort, offer->gain, par->belief_rise, par->belief_decay);
    int32_t due = me->accepted + me->rejected + me->waiting;
    double treated = (me->accepted + company->acceptance * (due == 0)) / most(1.0, due);
    return offer->fairness
        + par->trust_acceptance * (treated - 0.5)
        + par->trust_gap * company->transparency * gap;
}

RULE void come_to_trust(struct person *me, double deserved, numbers par) {
    double rate = deserved > me->trust ? par->trust_up : par->trust_down;
    me->trust += rate * (deserved - me->trust);
}

/* Step 7: people leave, hear of companies, join and switch */

RULE double attraction(double u) { return exponential(least(700.0, u)); }

RULE double estrangement(int64_t t, const struct person *me, numbers par) {
    double attachment = par->leave_utility * me->utility;
    bool honoured = (me->awarded >= 0) & (t - me->awarded <= par->year);
    double gain = par->award_gain;
    attachment += honoured ? gain : 0.0;
    double rejected = par->rejection * (1.0 - me->welcomed);
    attachment -= me->welcomed >= 0.0f ? rejected : 0.0;
    return least(700.0, -attachment);
}

RULE bool leaves(
    int64_t t, numbers par, const struct person *me, double strange, double chance_of_it,
    const struct company *company, struct tally *tally) {
    if (company->open == 0 || me->gone == 1) return true;
    if (me->joined > 0 && t - me->joined == par->three_months) tally->survived += 1;
    double hazard = par->leave_early * strange / (1.0 + me->made_here) + par->leave;
    return occurs(hazard, chance_of_it);
}

RULE void part(int64_t t, numbers par, struct person *me, struct tally *tally) {
    tally->departures += 1;
    tally->withdrawn += me->waiting;
    if (me->joined > 0 && t - me->joined < par->three_months) tally->lost += 1;
    me->rejected += me->waiting;
    me->waiting = 0;
    me->company = -1;
    me->joined = -1;
    me->trust = par->first_trust;
}

RULE void enrol(int64_t t, int64_t c, struct person *me, struct tally *tally) {
    tally->arrivals += 1;
    me->company = c;
    me->joined = t;
    me->made_here = 0;
}

RULE double friends(int64_t i, int64_t c, const struct ecosystem *e) {
    int64_t tied = 0;
    for (uint64_t k = e->offsets[i]; k < e->offsets[i + 1]; k++)
        tied += e->faces[e->neighbours[k]].company == c;
    int64_t degree = e->offsets[i + 1] - e->offsets[i];
    return degree > 0 ? (double)tied / degree : 0.0;
}

RULE void consider(
    int64_t t, int64_t i, int64_t c, chance key, numbers par, struct person *me, double *total,
    int64_t *chosen, const struct ecosystem *e) {
    const struct company *company = &e->companies[c];
    const struct offer *offer = &e->offers[c];
    if (*total < 0.0) {
        *total = attraction(me->company < 0 ? par->join_cost : me->utility + par->switch_cost);
        *chosen = me->company;
    }
    if (me->company < 0) me->aware = 1;
    double pulls[MOTIVES], fit = exponential(log_fit(me->need, company, offer));
    weigh(&e->weights[i * MOTIVES], fit, me->crowding, offer, par, pulls);
    double option =
        attraction(utility(me->goal, par->first_trust, sum(pulls), company, offer, par));
    *total += option;
    if (uniform(key, STREAM_CHOOSE, t, i, c) * *total < option) *chosen = c;
}

/* Lets n listed people hear of company c. */
RULE void hear(
    int64_t c, int64_t t, int64_t start, const int16_t *who, int64_t n, chance key, numbers par,
    double *total, int64_t *chosen, const struct ecosystem *e) {
    const struct offer *offer = &e->offers[c];
    double chances[LOT], most_of_it = offer->word + par->tie_awareness + MARGIN;
    int16_t some[LOT + 1];
    int64_t n_some = 0;
    uniform_all(key, STREAM_AWARE, t, c, start, who, n, chances);
    EACH(k, n) {
        some[n_some] = k;
        n_some += chances[k] < most_of_it;
    }
    EACH(j, n_some) {
        int64_t k = some[j], i = start + who[k];
        struct person *me = &e->people[i];
        if (me->company != c
            && (surely_occurs(offer->word, chances[k])
                || occurs(offer->word + par->tie_awareness * friends(i, c, e), chances[k])))
            consider(t, i, c, key, par, me, &total[k], &chosen[k], e);
    }
}

RULE bool be_counted(int64_t t, numbers par, const struct person *me, struct tally *tallies) {
    if (me->company < 0) return false;
    struct tally *tally = &tallies[me->company];
    tally->trust += me->trust;
    tally->belief += me->belief;
    tally->crowding += me->crowding;
    bool is_active = (t - me->last < par->month) & (me->last > me->joined);
    tally->active += is_active;
    return is_active;
}

static void stay_or_go(int64_t t, chance key, numbers par, const struct ecosystem *e) {
    double deserved[LOT], strange[LOT], chances[LOT], total[LOT];
    int64_t chosen[LOT];
    int16_t who[LOT + 1], some[LOT + 1]; /* one more, for what is written beyond the last */
    for (int64_t start = 0; start < e->n_people; start += LOT) {
        struct person *people = &e->people[start];
        struct tally *tallies = &e->tallies[start / BLOCK * e->n_companies];
        int64_t n = up_to(LOT, e->n_people - start), n_members = 0, n_free = 0, n_active = 0;
        bool any_invited = false;
        EACH(k, n) {
            struct person *me = &people[k];
            expect(start + k, e);
            me->aware = 0;
            who[n_members] = k;
            some[n_free] = k;
            n_members += me->company >= 0;
            n_free += (me->company < 0) & ((me->gone == 0) | (me->invited > 0));
            any_invited |= me->invited > 0;
        }
        if (any_invited) {
            int64_t left = 0;
            EACH(j, n_free) {
                struct person *me = &people[some[j]];
                if (me->invited > 0 && e->companies[me->invited - 1].open == 1)
                    enrol(t, me->invited - 1, me, &tallies[me->invited - 1]);
                some[left] = some[j];
                left += (me->company < 0) & (me->gone == 0);
            }
            EACH(k, n) people[k].invited = 0;
            n_free = left;
        }
        EACH(j, n_members) {
            struct person *me = &people[who[j]];
            const struct company *company = &e->companies[me->company];
            if (me->accepted > 0) pay(me, company);
            deserved[j] = learn(me, company, &e->offers[me->company], par);
            strange[j] = estrangement(t, me, par);
        }
        EACH(j, n_members) deserved[j] = sigmoid(deserved[j]);
        EACH(j, n_members) strange[j] = exponential(strange[j]);
        uniform_all(key, STREAM_LEAVE, t, 0, start, who, n_members, chances);
        EACH(j, n_members) {
            struct person *me = &people[who[j]];
            int64_t c = me->company;
            come_to_trust(me, deserved[j], par);
            if (leaves(t, par, me, strange[j], chances[j], &e->companies[c], &tallies[c]))
                part(t, par, me, &tallies[c]);
            else if (e->n_companies > 1)
                some[n_free++] = who[j];
        }
        EACH(j, n_free) total[j] = -1.0;
        EACH(c, e->n_companies)
            if (e->companies[c].open == 1)
                hear(c, t, start, some, n_free, key, par, total, chosen, e);
        EACH(j, n_free) {
            struct person *me = &people[some[j]];
            if (total[j] < 0.0 || chosen[j] == me->company) continue;
            if (me->company >= 0) part(t, par, me, &tallies[me->company]);
            enrol(t, chosen[j], me, &tallies[chosen[j]]);
        }
        EACH(k, n) {
            who[n_active] = k;
            n_active += be_counted(t, par, &people[k], tallies);
            e->faces[start + k].goal = people[k].goal;
            e->faces[start + k].coming = people[k].company;
        }
        EACH(j, n_active) {
            const struct person *me = &people[who[j]];
            int64_t *marks = &e->marks[me->company * e->n_marks];
            marks[me->first_step] = t;
            marks[me->second_step] = t;
            marks[me->third_step] = t;
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

static void look_around(int64_t t, numbers par, const struct ecosystem *e) {
    EACH(c, e->n_companies) {
        struct company *company = &e->companies[c];
        company->arrivals = 0;
        company->departures = 0;
        company->active = 0;
        company->trust = 0.0;
        company->belief = 0.0;
        company->crowding = 0.0;
        EACH(b, e->n_blocks) {
            const struct tally *tally = &e->tallies[b * e->n_companies + c];
            company->arrivals += tally->arrivals;
            company->departures += tally->departures;
            company->survived += tally->survived;
            company->lost += tally->lost;
            company->waiting -= tally->withdrawn;
            company->rejected += tally->withdrawn;
            company->active += tally->active;
            company->trust += tally->trust;
            company->belief += tally->belief;
            company->crowding += tally->crowding;
        }
        company->members += company->arrivals - company->departures;
        average(company, par);
        int64_t in_use = 0;
        for (int64_t step = 1; step < e->n_marks; step++)
            in_use += e->marks[c * e->n_marks + step] == t;
        company->coverage = (double)in_use / (e->n_marks - 1);
    }
}

static void record(int64_t t, const struct ecosystem *e) {
    size_t row = e->n_companies * sizeof *e->companies;
    size_t drive_row = e->n_companies * MOTIVES * sizeof *e->drive;
    EACH(k, e->n_companies * MOTIVES) {
        e->drive[k] = 0.0;
        EACH(b, e->n_blocks) e->drive[k] += e->drives[b * e->n_companies * MOTIVES + k];
    }
    memcpy(&e->history[t * e->n_companies], e->companies, row);
    memcpy(&e->drive_history[t * e->n_companies * MOTIVES], e->drive, drive_row);
}

static void be_seen(const struct ecosystem *e) {
    EACH(i, e->n_people) e->faces[i].company = e->faces[i].coming;
}

/* The order of a step: companies' turns are even, people's are odd */

void advance(
    int64_t start, int64_t stop, int64_t turn, int64_t end, chance key, numbers par,
    const struct ecosystem *e) {
    for (int64_t t = start + 1; t <= stop; t++) {
        for (int64_t now = turn; now < end; now++) {
            switch (now) {
            case 0:
                turn_world(t, key, par, e);
                follow_policy(e);
                make_offers(par, e);
                break;
            case 1: take_part(t, key, par, e); break;
            case 2: open_gates(par, e); break;
            case 3: submit(t, key, par, e); break;
            case 4:
                close_gates(e);
                begin_search(t, key, par, e);
                break;
            case 5: search(t, key, par, e); break;
            case 6: award_prizes(par, e); break;
            case 7: take_in_work(t, key, par, e); break;
            case 8:
                steer(t, key, par, e);
                bring_out(par, e);
                break;
            case 9: use(par, e); break;
            case 10:
                count_users(par, e);
                settle_accounts(par, e);
                take_stock(par, e);
                make_offers(par, e);
                break;
            case 11: stay_or_go(t, key, par, e); break;
            case 12:
                look_around(t, par, e);
                record(t, e);
                break;
            case 13: be_seen(e); break;
            }
        }
    }
}
