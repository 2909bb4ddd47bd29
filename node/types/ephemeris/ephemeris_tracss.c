/* What an OCM must have for TraCSS (OCM specification 2.1, NOAA, August 2025): a restriction of OCM 3.0. */
#include "types/ephemeris/ephemeris_map.h"

#include <math.h>
#include <stdio.h>
#include <strings.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"
#include "syntax/kvn.h"
#include "types/designator.h"

#define LINES_OUTSIDE 5 /* states before and behind the usable span */
#define SECONDS_MAX   1e9

enum part { HEADER, META, TRAJ, COV, OTHER };

/* A keyword that the profile wants or whose words it restricts. */
struct rule {
    const char *keyword;
    const char *words; /* NULL: any value */
    enum part part;
    bool must;
};

static const struct rule rules[] = {
    {"MESSAGE_ID", NULL, HEADER, true},
    {"INTERNATIONAL_DESIGNATOR", NULL, META, true},
    {"OBJECT_DESIGNATOR", NULL, META, true},
    {"ORIGINATOR_PHONE", NULL, META, true},
    {"ORIGINATOR_EMAIL", NULL, META, true},
    {"ORIGINATOR_ADDRESS", NULL, META, true},
    {"OPERATOR", NULL, META, true},
    {"OWNER", NULL, META, true},
    {"COUNTRY", NULL, META, true},
    {"OCM_DATA_ELEMENTS", NULL, META, true},
    {"START_TIME", NULL, META, true},
    {"STOP_TIME", NULL, META, true},
    {"TIME_SYSTEM", "UTC", META, false}, /* the default of the standard, like those of TRAJ and COV below */
    {"TRAJ_BASIS", "OPERATIONAL|CANDIDATE", TRAJ, true},
    {"CENTER_NAME", "EARTH", TRAJ, false},
    {"TRAJ_REF_FRAME", "EME2000", TRAJ, true}, /* its default is ICRF3 */
    {"TRAJ_TYPE", "CARTPV|CARTPVA", TRAJ, false},
    {"USEABLE_START_TIME", NULL, TRAJ, true},
    {"USEABLE_STOP_TIME", NULL, TRAJ, true},
    {"COV_ORDERING", "LTM", COV, false},
};

#define RULES (sizeof rules / sizeof *rules)

static const struct {
    const char *start, *stop, *name;
} parts[] = {[META] = {"META_START", "META_STOP", "META"},
             [TRAJ] = {"TRAJ_START", "TRAJ_STOP", "TRAJ"},
             [COV] = {"COV_START", "COV_STOP", "COV"}};

struct tracss {
    profile_miss_fn *miss;
    void *cookie;
    enum part part;
    uint32_t start; /* line of the open part */
    bool seen[RULES];
    struct utc tzero, usable[2];
    size_t before, behind, lines; /* of the open block */
    struct buf epoch;             /* struct utc of every state */
    struct buf first;             /* size_t: which of them each trajectory begins with */
    size_t covariances;
    bool is_told; /* that the lines of this covariance are not those of the states */
};

static void
tell(const struct tracss *t, uint32_t line, const char *field, const char *note)
{
    t->miss(t->cookie, line, field, note);
}

/* An instant, or seconds since the epoch of the message; zero: neither. */
static struct utc
when(const struct tracss *t, struct span tag)
{
    struct utc at;
    double seconds;

    if (utc_parse(tag, &at) == 0)
        return at;
    if (!num_is_decimal(tag) || num_double(tag, &seconds) != 0 || fabs(seconds) > SECONDS_MAX)
        return (struct utc){0, 0};
    return utc_add_ns(t->tzero, (int64_t)llround(seconds * 1e9));
}

static size_t
states(const struct tracss *t)
{
    return t->epoch.n / sizeof(struct utc);
}

static struct utc
state(const struct tracss *t, size_t i)
{
    struct utc at;

    memcpy(&at, t->epoch.p + i * sizeof at, sizeof at);
    return at;
}

/* The states of trajectory ${k}, or of the last one: [from, to). */
static void
states_of(const struct tracss *t, size_t k, size_t *from, size_t *to)
{
    size_t n = t->first.n / sizeof *from;

    *from = *to = 0;
    if (n == 0)
        return;
    k = k < n ? k : n - 1;
    memcpy(from, t->first.p + k * sizeof *from, sizeof *from);
    *to = states(t);
    if (k + 1 < n)
        memcpy(to, t->first.p + (k + 1) * sizeof *to, sizeof *to);
}

static void
open_part(struct tracss *t, enum part part, uint32_t line)
{
    size_t n = states(t);

    t->part = part;
    t->start = line;
    t->lines = t->before = t->behind = 0;
    t->is_told = false;
    memset(t->seen, 0, sizeof t->seen);
    memset(t->usable, 0, sizeof t->usable);
    if (part == TRAJ)
        buf_put(&t->first, &n, sizeof n);
}

static void
close_trajectory(const struct tracss *t)
{
    char note[96];

    for (int end = 0; end < 2; end++) {
        size_t n = end == 0 ? t->before : t->behind;

        (void)snprintf(note, sizeof note, "%zu state lines %s it: expected at least %d", n,
                       end == 0 ? "before" : "after", LINES_OUTSIDE);
        if (!utc_is_zero(t->usable[end]) && n < LINES_OUTSIDE)
            tell(t, t->start, end == 0 ? "USEABLE_START_TIME" : "USEABLE_STOP_TIME", note);
    }
}

static void
close_covariance(struct tracss *t)
{
    size_t from, to;
    char note[96];

    states_of(t, t->covariances++, &from, &to);
    (void)snprintf(note, sizeof note, "%zu lines for %zu state lines: expected one for each", t->lines,
                   to - from);
    if (!t->is_told && t->lines != to - from)
        tell(t, t->start, "COV", note);
}

static void
close_part(struct tracss *t)
{
    for (size_t i = 0; i < RULES; i++) {
        if (rules[i].part == t->part && rules[i].must && !t->seen[i])
            tell(t, t->start, rules[i].keyword, "missing: mandatory in this profile");
    }
    if (t->part == TRAJ)
        close_trajectory(t);
    if (t->part == COV)
        close_covariance(t);
    t->part = OTHER;
}

static bool
is_word(struct span value, const char *words)
{
    while (*words != 0) {
        size_t n = strcspn(words, "|");

        if (value.n == n && strncasecmp((const char *)value.p, words, n) == 0)
            return true;
        words += n + (words[n] == '|');
    }
    return false;
}

static void
on_pair(struct tracss *t, const struct kvn_line *line)
{
    char note[96];

    if (t->part == META && span_is(line->keyword, "EPOCH_TZERO"))
        (void)utc_parse(line->value, &t->tzero);
    for (size_t i = 0; i < RULES; i++) {
        const struct rule *rule = &rules[i];

        if (rule->part != t->part || !span_is(line->keyword, rule->keyword) || line->value.n == 0)
            continue;
        t->seen[i] = true;
        (void)snprintf(note, sizeof note, "expected %s", rule->words != NULL ? rule->words : "");
        if (rule->words != NULL && !is_word(line->value, rule->words))
            tell(t, line->line, rule->keyword, note);
        if (strcmp(rule->keyword, "INTERNATIONAL_DESIGNATOR") == 0 && !designator_is_cospar(line->value) &&
            !text_equal_nocase(line->value, "UNKNOWN"))
            tell(t, line->line, rule->keyword, "expected YYYY-NNNP or UNKNOWN");
        if (strcmp(rule->keyword, "USEABLE_START_TIME") == 0)
            t->usable[0] = when(t, line->value);
        if (strcmp(rule->keyword, "USEABLE_STOP_TIME") == 0)
            t->usable[1] = when(t, line->value);
    }
}

static void
on_state(struct tracss *t, struct utc at, uint32_t line)
{
    if (t->lines > 0 && utc_compare(state(t, states(t) - 1), at) == 0)
        tell(t, line, "line", "the time tag of the line before it: expected another");
    t->before += !utc_is_zero(t->usable[0]) && utc_compare(at, t->usable[0]) < 0;
    t->behind += !utc_is_zero(t->usable[1]) && utc_compare(at, t->usable[1]) > 0;
    buf_put(&t->epoch, &at, sizeof at);
    t->lines++;
}

static void
on_covariance(struct tracss *t, struct utc at, uint32_t line)
{
    size_t from, to;
    char note[96];

    states_of(t, t->covariances, &from, &to);
    (void)snprintf(note, sizeof note, "covariance %zu: expected the time tag of state line %zu", t->lines + 1,
                   t->lines + 1);
    if (!t->is_told && (from + t->lines >= to || utc_compare(state(t, from + t->lines), at) != 0)) {
        tell(t, line, "line", note);
        t->is_told = true;
    }
    t->lines++;
}

/* A line without `=`: it begins or ends a block, or holds data. */
static void
on_word(struct tracss *t, const struct kvn_line *line)
{
    struct span tag;

    for (enum part p = META; p < OTHER; p++) {
        if (span_is(line->keyword, parts[p].start)) {
            close_part(t);
            open_part(t, p, line->line);
            return;
        }
        if (span_is(line->keyword, parts[p].stop)) {
            close_part(t);
            return;
        }
    }
    if (t->part != TRAJ && t->part != COV)
        return;
    /* Not a list that goes on from the line before. */
    if (line->keyword.n == 0 || strchr("0123456789+-.", line->keyword.p[0]) == NULL ||
        blockmap_columns(line->keyword, &tag, 1) < 2)
        return;
    if (t->part == TRAJ)
        on_state(t, when(t, tag), line->line);
    else
        on_covariance(t, when(t, tag), line->line);
}

static void
check(struct span text, profile_miss_fn *miss, void *cookie)
{
    struct tracss t = {.miss = miss, .cookie = cookie, .part = HEADER, .start = 1};
    struct kvn_line line;
    struct why why;
    struct kvn k;

    why_clear(&why);
    buf_init(&t.epoch, LIMIT_INPUT_BYTES);
    buf_init(&t.first, LIMIT_INPUT_BYTES);
    kvn_init(&k, text, &why);
    while (kvn_next(&k, &line)) {
        if (line.kind == KVN_PAIR)
            on_pair(&t, &line);
        else if (line.kind == KVN_WORD)
            on_word(&t, &line);
    }
    if (t.part != OTHER)
        close_part(&t);
    if (buf_failed(&t.epoch) || buf_failed(&t.first))
        tell(&t, 0, NULL, "too long to be looked at");
    buf_release(&t.epoch);
    buf_release(&t.first);
}

const struct profile ephemeris_tracss = {
    .name = "tracss", .title = "TraCSS OCM specification 2.1", .format = "ocm-kvn", .check = check};
