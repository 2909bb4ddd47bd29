#include "watch/judge.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *
judge_state_name(enum judge_state state)
{
    static const char *const names[] = {"SAME", "RAISED", "UPDATED", "DOWNGRADED", "CANCELLED"};

    return names[state];
}

static const struct figure *
figure_of(const struct judge_view *v, const char *name)
{
    for (size_t i = 0; i < v->n; i++) {
        if (strcmp(v->figure[i].name, name) == 0)
            return &v->figure[i];
    }
    return NULL;
}

/* All conditions are known to hold. */
static bool
is_reached(const struct rule_level *level, const struct judge_view *v)
{
    for (size_t i = 0; i < level->n; i++) {
        const struct figure *f = figure_of(v, level->when[i].figure);

        if (f == NULL || !rule_holds(&level->when[i], f->value))
            return false;
    }
    return true;
}

/* A condition is known to be left. */
static bool
is_left(const struct rule_level *level, const struct judge_view *v)
{
    for (size_t i = 0; i < level->n; i++) {
        const struct figure *f = figure_of(v, level->when[i].figure);

        if (f != NULL && rule_is_left(&level->when[i], f->value))
            return true;
    }
    return false;
}

/* The level of that name, from 1; 0: the rule has none. */
static size_t
level_of(const struct rule *rule, const char *name, size_t n)
{
    for (size_t i = 0; i < rule->levels; i++) {
        if (strlen(rule->level[i].name) == n && memcmp(rule->level[i].name, name, n) == 0)
            return i + 1;
    }
    return 0;
}

/* What ${origin} had reached, by "origin=LEVEL origin=LEVEL". */
static size_t
level_before(const struct rule *rule, const char *origins, const char *origin)
{
    size_t n = strlen(origin);

    for (const char *p = origins; *p != 0; p += strcspn(p, " "), p += *p == ' ') {
        if (strncmp(p, origin, n) == 0 && p[n] == '=')
            return level_of(rule, p + n + 1, strcspn(p + n + 1, " "));
    }
    return 0;
}

static size_t
reach(const struct rule *rule, const struct judge_view *v, size_t before)
{
    if (v->withdrawn)
        return 0;
    for (size_t level = rule->levels; level > 0; level--) {
        if (is_reached(&rule->level[level - 1], v) ||
            (level <= before && !is_left(&rule->level[level - 1], v)))
            return level;
    }
    return 0;
}

/* Will it stop holding, or begin to hold, with the same record? */
static bool
can_turn(const struct rule_condition *c, const struct figure *f)
{
    bool is_upper_bound = c->op == RULE_BELOW || c->op == RULE_AT_MOST;

    if (f->course == FIGURE_STAYS)
        return false;
    return rule_holds(c, f->value) != ((f->course == FIGURE_FALLS) == is_upper_bound);
}

#define FAR_H 1e6

/* Hours until it does. */
static double
turn_h(const struct rule_condition *c, const struct figure *f)
{
    size_t n = strlen(f->name);
    double to = rule_holds(c, f->value) && c->has_clear ? c->clear : c->threshold;

    if (n < 2 || strcmp(f->name + n - 2, "_h") != 0)
        return FAR_H;
    return f->value > to ? f->value - to : to - f->value;
}

/* Is ${v} kept from the level, or in it, by time alone? ${least_h} sinks to the hours until a condition turns. */
static bool
waits(const struct rule_level *level, const struct judge_view *v, bool is_in, double *least_h)
{
    bool turns = false;
    double least = *least_h;

    for (size_t i = 0; i < level->n && !v->withdrawn; i++) {
        const struct figure *f = figure_of(v, level->when[i].figure);
        bool can = f != NULL && can_turn(&level->when[i], f);

        if (!is_in && !can && (f == NULL || !rule_holds(&level->when[i], f->value)))
            return false;
        turns = turns || can;
        if (can && turn_h(&level->when[i], f) < least)
            least = turn_h(&level->when[i], f);
    }
    *least_h = turns ? least : *least_h;
    return turns;
}

static void
put_condition(const struct rule_condition *c, const struct judge_view *v, struct buf *out)
{
    const struct figure *f = figure_of(v, c->figure);

    if (f == NULL) {
        buf_put_fmt(out, "%s not stated", c->figure);
        return;
    }
    /* In hysteresis, neither: it is said to be not yet left. */
    buf_put_fmt(out, "%s %s %s%s %s", c->figure, f->text, rule_holds(c, f->value) ? "" : "not ",
                rule_sign(c->op), c->text);
    if (!rule_holds(c, f->value) && !rule_is_left(c, f->value))
        buf_put_fmt(out, " but not yet at %s", c->clear_text);
}

/* What was compared with what, at the level that counts: cut where it no longer fits. */
static void
put_values(const struct rule *rule, const struct judge_view *view, size_t n, size_t level,
           struct judge_result *r)
{
    struct buf out;

    buf_init(&out, sizeof r->values * (n + 1));
    for (size_t i = 0; i < n && level > 0; i++) {
        const struct rule_level *l = &rule->level[level - 1];

        buf_put_fmt(&out, "%s%s: ", i > 0 ? "; " : "", view[i].origin);
        if (view[i].withdrawn)
            buf_put_str(&out, "withdrawn by its origin");
        for (size_t k = 0; k < l->n && !view[i].withdrawn; k++) {
            buf_put_str(&out, k > 0 ? ", " : "");
            put_condition(&l->when[k], &view[i], &out);
        }
    }
    if (out.n == 0)
        buf_put_str(&out, rule->levels == 0 ? "the rule is off" : "nobody states anything");
    (void)snprintf(r->values, sizeof r->values, "%s", buf_cstr(&out));
    r->values[text_utf8_prefix(span_str(r->values))] = 0;
    buf_release(&out);
}

static void
put_origins(const struct rule *rule, const struct judge_view *view, size_t n, struct judge_result *r)
{
    size_t at = 0;

    r->origins[0] = 0;
    for (size_t i = 0; i < n; i++) {
        size_t need = strlen(view[i].origin) + RULE_WORD_BYTES + 2;

        if (r->reached[i] == 0 || at + need > sizeof r->origins)
            continue;
        at += (size_t)snprintf(r->origins + at, sizeof r->origins - at, "%s%s=%s", at > 0 ? " " : "",
                               view[i].origin, rule->level[r->reached[i] - 1].name);
    }
}

static enum judge_state
compare(const struct rule *rule, const struct judge_prior *prior, size_t before, const struct judge_result *r)
{
    if (r->level == 0)
        return prior->is_up ? JUDGE_CANCELLED : JUDGE_SAME;
    if (!prior->is_up || r->level > before)
        return JUDGE_RAISED;
    if (r->level < before)
        return JUDGE_DOWNGRADED;
    return strcmp(prior->values, r->values) != 0 || strcmp(prior->version, rule->version) != 0 ||
                   strcmp(prior->origins, r->origins) != 0 || prior->overridden != rule->overridden
               ? JUDGE_UPDATED
               : JUDGE_SAME;
}

void
judge(const struct rule *rule, const struct judge_view *view, size_t n, const struct judge_prior *prior,
      struct judge_result *out)
{
    size_t before = prior->is_up ? level_of(rule, prior->level, strlen(prior->level)) : 0;

    assert(n <= LIMIT_MEMBER_COUNT);
    *out = (struct judge_result){.turn_h = FAR_H};
    for (size_t i = 0; i < n; i++) {
        out->reached[i] =
            reach(rule, &view[i], prior->is_up ? level_before(rule, prior->origins, view[i].origin) : 0);
        out->level = out->reached[i] > out->level ? out->reached[i] : out->level;
        for (size_t k = 0; k < rule->levels; k++) {
            if (waits(&rule->level[k], &view[i], k + 1 <= out->reached[i], &out->turn_h))
                out->waits = true;
        }
    }
    put_origins(rule, view, n, out);
    put_values(rule, view, n, out->level > 0 ? out->level : before > 0 ? before : rule->levels > 0, out);
    out->state = compare(rule, prior, before, out);
}
