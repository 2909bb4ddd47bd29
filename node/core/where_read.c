/*
 * where_read(): recursive descent over
 *   or    = and { "or" and }        and = not { "and" not }        not = "not" not | "(" or ")" | test
 *   test  = NAME OP VALUE | NAME "in" "(" VALUE { "," VALUE } ")" | "stated" "(" NAME ")"
 */
#include "core/where.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "core/record.h"
#include "types/alias.h"
#include "types/registry.h"

#define FIGURES_SEEN_MAX 128
#define QUOTED_MAX       40

/* clang-format off: one row a word */
const struct where_word where_words[] = {
    {"type", WHERE_TYPE, WHERE_TEXT, "record type, such as `conjunction` (`parallax formats`)"},
    {"origin", WHERE_ORIGIN, WHERE_TEXT, "the node that made the record, such as `fr-cnes`"},
    {"audience", WHERE_AUDIENCE, WHERE_TEXT, "`open`, or a named audience"},
    {"class", WHERE_CLASS, WHERE_TEXT, "`alert`, `data` or `admin`"},
    {"mode", WHERE_MODE, WHERE_TEXT, "`REAL`, `EXERCISE`, `TEST` or `SIMULATED`"},
    {"kind", WHERE_KIND, WHERE_TEXT, "`INITIAL`, `UPDATE`, `CANCEL`, `RETRACT` or `ACK`"},
    {"object", WHERE_OBJECT, WHERE_TEXT,
     "an object of the record, by any identifier that the record itself states: `25544`, `1998-067A`, "
     "`neo:99942`, `\"name:ISS (ZARYA)\"`"},
    {"subject", WHERE_SUBJECT, WHERE_TEXT,
     "key of what it is about: a newer record of the same origin with the same key replaces it"},
    {"created", WHERE_CREATED, WHERE_TIME, "when the origin made the record"},
    {"epoch", WHERE_EPOCH, WHERE_TIME, "of the data: of an orbit, a closest approach, a list"},
    {"issued", WHERE_ISSUED, WHERE_TIME, "when its source issued it, of types that make events"},
    {"expires", WHERE_EXPIRES, WHERE_TIME, "when the record expires"},
};
/* clang-format on */
const size_t where_words_count = sizeof where_words / sizeof *where_words;

enum token { END, WORD, QUOTED, OPERATOR, OPEN, CLOSE, COMMA, BAD };

struct reading {
    struct span text;
    size_t at; /* behind the token */
    enum token token;
    size_t start;     /* of the token */
    struct span word; /* of it, without quotes */
    struct arena *arena;
    struct why *why;
    struct where *out;
    struct where_test *last;
    size_t values;
    unsigned depth;
};

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 ||
           (c != 0 && strchr("_.:/+-", c) != NULL);
}

/* In quotes of one kind; there is no escape: what holds the one is put into the other. */
static enum token
quoted(struct reading *r, uint8_t quote)
{
    size_t from = r->at;

    while (r->at < r->text.n && r->text.p[r->at] != quote)
        r->at++;
    r->word = span_of(r->text.p + from, r->at - from);
    if (r->at == r->text.n)
        return BAD;
    r->at++;
    return QUOTED;
}

static void
next(struct reading *r)
{
    const uint8_t *p = r->text.p;
    uint8_t c;

    while (r->at < r->text.n && is_blank(p[r->at]))
        r->at++;
    r->start = r->at;
    r->word = span_of(p + r->at, 0);
    r->token = END;
    if (r->at == r->text.n)
        return;
    c = p[r->at];
    if (is_word(c)) {
        while (r->at < r->text.n && is_word(p[r->at]))
            r->at++;
        r->word = span_of(p + r->start, r->at - r->start);
        r->token = WORD;
        return;
    }
    r->at++;
    r->word = span_of(p + r->start, 1);
    if (c == '"' || c == '\'') {
        r->token = quoted(r, c);
        return;
    }
    r->token = c == '(' ? OPEN : c == ')' ? CLOSE : c == ',' ? COMMA : c == '~' ? OPERATOR : BAD;
    if (c == '<' || c == '>' || c == '=' || c == '!') {
        if (r->at < r->text.n && p[r->at] == '=')
            r->at++;
        r->word = span_of(p + r->start, r->at - r->start);
        r->token = r->word.n == 2 || c == '<' || c == '>' ? OPERATOR : BAD;
    }
}

static bool
is(const struct reading *r, const char *word)
{
    return (r->token == WORD || r->token == OPERATOR) && span_is(r->word, word);
}

/* -1, at the token. */
static int
fail(struct reading *r, enum why_code code, const char *expected)
{
    uint32_t line = 1, column = 1;
    struct buf said;
    uint8_t bytes[4 * QUOTED_MAX + 16];

    for (size_t i = 0; i < r->start && i < r->text.n; i++) {
        column = r->text.p[i] == '\n' ? 1 : column + 1;
        line += r->text.p[i] == '\n';
    }
    buf_init_fixed(&said, bytes, sizeof bytes);
    if (r->token == END)
        buf_put_str(&said, "the end");
    else if (r->token == BAD && r->at == r->text.n && r->word.n != 1)
        buf_put_str(&said, "a quote that does not end");
    else
        text_quote(&said, r->word, QUOTED_MAX);
    return why_set(r->why, code, line, column, NULL, "%s: expected %s", buf_cstr(&said), expected);
}

static void *
alloc(struct reading *r, size_t n)
{
    void *p = arena_zalloc(r->arena, n);

    if (p == NULL)
        (void)why_set(r->why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for the expression");
    return p;
}

/* --- Names ------------------------------------------------------------------------------------------------------------ */

static const struct where_word *
word_of(struct span name)
{
    for (size_t i = 0; i < where_words_count; i++) {
        if (span_is(name, where_words[i].name))
            return &where_words[i];
    }
    return NULL;
}

static const char *
figure_of(struct span name)
{
    for (const struct type *const *type = types_table; *type != NULL; type++) {
        for (const char *const *figure = (*type)->figure_names; figure != NULL && *figure != NULL; figure++) {
            if (span_is(name, *figure))
                return *figure;
        }
    }
    return NULL;
}

/* The nearest of all names, or NULL. */
static const char *
nearest(struct span name)
{
    const char *known[FIGURES_SEEN_MAX];
    size_t n = 0;

    for (; n < where_words_count; n++)
        known[n] = where_words[n].name;
    for (const struct type *const *type = types_table; *type != NULL; type++) {
        for (const char *const *figure = (*type)->figure_names; figure != NULL && *figure != NULL; figure++) {
            if (n < FIGURES_SEEN_MAX)
                known[n++] = *figure;
        }
    }
    return text_nearest(name, known, n);
}

static int
take_path(struct reading *r, struct where_test *t)
{
    struct span rest = span_of(r->word.p + strlen("body."), r->word.n - strlen("body."));

    for (bool more = true; more;) {
        const uint8_t *dot = rest.n > 0 ? memchr(rest.p, '.', rest.n) : NULL;
        size_t n = dot != NULL ? (size_t)(dot - rest.p) : rest.n;

        if (t->path_n == LIMIT_WHERE_PATH_COUNT)
            return fail(r, WHY_TEXT_LIMIT, "fewer members in one path");
        if (n == 0)
            return fail(r, WHY_TEXT_SYNTAX, "a path such as body.info.severity");
        t->path[t->path_n++] = span_of(rest.p, n);
        more = dot != NULL;
        if (more)
            rest = span_of(dot + 1, rest.n - n - 1);
    }
    t->source = WHERE_BODY;
    r->out->has_body = true;
    return 0;
}

/* Of what the comparison is; ${kind} is what its values are, -1 where that is left to the value. */
static int
take_name(struct reading *r, struct where_test *t, int *kind)
{
    const struct where_word *word = word_of(r->word);
    const char *near;
    char expected[120];

    *kind = -1;
    if (r->token != WORD)
        return fail(r, WHY_TEXT_SYNTAX, "a name, not, stated or (");
    if (r->word.n > 5 && memcmp(r->word.p, "body.", 5) == 0)
        return take_path(r, t);
    if (word != NULL) {
        t->source = word->source;
        *kind = (int)word->kind;
        r->out->has_subject = r->out->has_subject || t->source == WHERE_OBJECT ||
                              t->source == WHERE_SUBJECT || t->source == WHERE_EPOCH;
        return 0;
    }
    t->figure = figure_of(r->word);
    if (t->figure != NULL) {
        t->source = WHERE_FIGURE;
        *kind = WHERE_NUMBER;
        r->out->has_figures = true;
        return 0;
    }
    near = nearest(r->word);
    (void)snprintf(expected, sizeof expected, "%s%s%s",
                   near != NULL ? "a name (did you mean " : "a name such as type, origin, pc or body.KEY",
                   near != NULL ? near : "", near != NULL ? "?)" : "");
    return fail(r, WHY_FIELD_UNKNOWN, expected);
}

/* --- Values ----------------------------------------------------------------------------------------------------------- */

static int
check_type(struct reading *r)
{
    const char *names[FIGURES_SEEN_MAX], *near;
    char expected[120];
    size_t n = 0;

    if (registry_type(r->word) != NULL)
        return 0;
    for (; types_table[n] != NULL && n < FIGURES_SEEN_MAX; n++)
        names[n] = types_table[n]->name;
    near = text_nearest(r->word, names, n);
    (void)snprintf(expected, sizeof expected, "a record type%s%s%s", near != NULL ? " (did you mean " : "",
                   near != NULL ? near : "", near != NULL ? "?)" : "");
    return fail(r, WHY_FIELD_VALUE, expected);
}

static bool
is_kind(struct span s)
{
    for (int kind = PARALLAX__V1__KIND__INITIAL; kind <= PARALLAX__V1__KIND__ACK; kind++) {
        if (span_is(s, record_kind_name(kind)))
            return true;
    }
    return false;
}

/* A word that only one of a few can be: a mistake would make a filter that fits nothing. */
static int
check_word(struct reading *r, const struct where_test *t, struct where_value *v)
{
    Parallax__V1__Mode mode;

    if (t->relation == WHERE_LIKE)
        return 0;
    if (t->source == WHERE_TYPE)
        return check_type(r);
    if (t->source == WHERE_MODE && record_mode_parse(r->word, &mode) != 0)
        return fail(r, WHY_FIELD_VALUE, "REAL, EXERCISE, TEST or SIMULATED");
    if (t->source == WHERE_MODE)
        v->text = span_str(record_mode_name((int)mode)); /* small letters are taken, too */
    if (t->source == WHERE_KIND && !is_kind(r->word))
        return fail(r, WHY_FIELD_VALUE, "INITIAL, UPDATE, CANCEL, RETRACT or ACK");
    if (t->source == WHERE_CLASS && !span_is(r->word, "alert") && !span_is(r->word, "data") &&
        !span_is(r->word, "admin"))
        return fail(r, WHY_FIELD_VALUE, "alert, data or admin");
    if (t->source == WHERE_ORIGIN && !text_is_node_name(r->word))
        return fail(r, WHY_FIELD_VALUE, "the name of a node, such as fr-cnes");
    return 0;
}

/* Canonical, as the picture has it. */
static int
take_object(struct reading *r, struct where_value *v)
{
    char id[ALIAS_BYTES];
    char *text = arena_strdup(r->arena, r->word);

    if (text == NULL)
        return why_set(r->why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for the expression");
    if (strlen(text) != r->word.n || !text_is_utf8(r->word) || !alias_parse(text, id))
        return fail(r, WHY_FIELD_VALUE, "an object: 25544, 1998-067A, neo:Apophis, \"name:ISS (ZARYA)\"");
    text = arena_strdup(r->arena, span_str(id));
    if (text == NULL)
        return why_set(r->why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for the expression");
    v->text = span_str(text);
    return 0;
}

static bool
is_order(enum where_relation relation)
{
    return relation >= WHERE_LESS && relation <= WHERE_AT_LEAST;
}

/* What the word is by itself: in quotes it is a text. */
static void
see_kind(const struct reading *r, struct where_value *v)
{
    v->kind = WHERE_TEXT;
    if (r->token != WORD)
        return;
    if (num_is_decimal(r->word) && num_double(r->word, &v->number) == 0)
        v->kind = WHERE_NUMBER;
    else if (utc_parse(r->word, &v->time) == 0)
        v->kind = WHERE_TIME;
}

static int
take_value(struct reading *r, struct where_test *t, int kind)
{
    struct where_value *v = alloc(r, sizeof *v);

    if (v == NULL)
        return -1;
    if (r->token != WORD && r->token != QUOTED)
        return fail(r, WHY_TEXT_SYNTAX, "a number, a time, a word or a text in quotes");
    if (++r->values > LIMIT_WHERE_VALUE_COUNT)
        return fail(r, WHY_TEXT_LIMIT, "fewer values");
    v->text = r->word;
    see_kind(r, v);
    if (kind == WHERE_NUMBER && v->kind != WHERE_NUMBER)
        return fail(r, WHY_FIELD_NUMBER, "a number");
    if (kind == WHERE_TIME && v->kind != WHERE_TIME)
        return fail(r, WHY_FIELD_TIME, "a time such as 2026-04-01T00:00:00Z");
    if (kind < 0 && is_order(t->relation) && v->kind == WHERE_TEXT)
        return fail(r, WHY_FIELD_VALUE, "a number or a time");
    if (kind == WHERE_TEXT || t->relation == WHERE_LIKE)
        v->kind = WHERE_TEXT;
    if (kind == WHERE_TEXT && check_word(r, t, v) != 0)
        return -1;
    if (t->source == WHERE_OBJECT && t->relation != WHERE_LIKE && take_object(r, v) != 0)
        return -1;
    v->next = t->value;
    t->value = v;
    next(r);
    return 0;
}

/* --- Comparisons ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *sign;
    enum where_relation relation;
    bool is_not;
} relations[] = {
    {"==", WHERE_EQUAL, false},   {"!=", WHERE_EQUAL, true},  {"<", WHERE_LESS, false},
    {"<=", WHERE_AT_MOST, false}, {">", WHERE_ABOVE, false},  {">=", WHERE_AT_LEAST, false},
    {"~", WHERE_LIKE, false},     {"in", WHERE_EQUAL, false},
};
#define RELATIONS (sizeof relations / sizeof *relations)

static struct where_node *
new_node(struct reading *r, enum where_op op, const struct where_node *left, const struct where_node *right)
{
    struct where_node *n = alloc(r, sizeof *n);

    if (n != NULL)
        *n = (struct where_node){.op = op, .left = left, .right = right};
    return n;
}

static struct where_test *
new_test(struct reading *r)
{
    struct where_test *t;

    if (r->out->tests == LIMIT_WHERE_COUNT) {
        (void)fail(r, WHY_TEXT_LIMIT, "fewer comparisons");
        return NULL;
    }
    t = alloc(r, sizeof *t);
    if (t == NULL)
        return NULL;
    t->no = r->out->tests++;
    t->next = r->out->first;
    r->out->first = t;
    return t;
}

/* 0 or -1: is the token ${token}, and what comes next? */
static int
take(struct reading *r, enum token token, const char *expected)
{
    if (r->token != token)
        return fail(r, WHY_TEXT_SYNTAX, expected);
    next(r);
    return 0;
}

static int
take_list(struct reading *r, struct where_test *t, int kind)
{
    if (take(r, OPEN, "( and values") != 0 || take_value(r, t, kind) != 0)
        return -1;
    while (r->token == COMMA) {
        next(r);
        if (take_value(r, t, kind) != 0)
            return -1;
    }
    return take(r, CLOSE, ", or )");
}

static const struct where_node *
test_node(struct reading *r, const struct where_test *t, bool is_not)
{
    struct where_node *n = new_node(r, WHERE_TEST, NULL, NULL);

    if (n == NULL)
        return NULL;
    n->test = t;
    return is_not ? new_node(r, WHERE_NOT, n, NULL) : n;
}

static const struct where_node *
read_stated(struct reading *r)
{
    struct where_test *t;
    int kind;

    next(r);
    if (take(r, OPEN, "( and a name") != 0 || (t = new_test(r)) == NULL || take_name(r, t, &kind) != 0)
        return NULL;
    t->relation = WHERE_STATED;
    next(r);
    return take(r, CLOSE, ")") == 0 ? test_node(r, t, false) : NULL;
}

static const struct where_node *
read_test(struct reading *r)
{
    struct where_test *t;
    size_t i;
    int kind, rc;

    if (is(r, "stated"))
        return read_stated(r);
    t = new_test(r);
    if (t == NULL || take_name(r, t, &kind) != 0)
        return NULL;
    next(r);
    for (i = 0; i < RELATIONS && !is(r, relations[i].sign); i++)
        ;
    if (i < RELATIONS)
        t->relation = relations[i].relation;
    if (i == RELATIONS || (kind == WHERE_TEXT && is_order(t->relation)) ||
        (kind > WHERE_TEXT && t->relation == WHERE_LIKE)) {
        (void)fail(r, WHY_TEXT_SYNTAX,
                   kind == WHERE_TEXT ? "==, !=, ~ or in"
                   : kind < 0         ? "==, !=, <, <=, >, >=, ~ or in"
                                      : "==, !=, <, <=, >, >= or in");
        return NULL;
    }
    rc = is(r, "in");
    next(r);
    rc = rc ? take_list(r, t, kind) : take_value(r, t, kind);
    return rc == 0 ? test_node(r, t, relations[i].is_not) : NULL;
}

/* --- The whole -------------------------------------------------------------------------------------------------------- */

static const struct where_node *read_or(struct reading *r);

static const struct where_node *
read_inner(struct reading *r)
{
    const struct where_node *n;

    if (is(r, "not")) {
        next(r);
        if (++r->depth > LIMIT_WHERE_DEPTH_COUNT) {
            (void)fail(r, WHY_TEXT_LIMIT, "less within each other");
            return NULL;
        }
        n = read_inner(r);
        r->depth--;
        return n != NULL ? new_node(r, WHERE_NOT, n, NULL) : NULL;
    }
    if (r->token != OPEN)
        return read_test(r);
    next(r);
    if (++r->depth > LIMIT_WHERE_DEPTH_COUNT) {
        (void)fail(r, WHY_TEXT_LIMIT, "less within each other");
        return NULL;
    }
    n = read_or(r);
    r->depth--;
    return n != NULL && take(r, CLOSE, "and, or or )") == 0 ? n : NULL;
}

static const struct where_node *
read_and(struct reading *r)
{
    const struct where_node *n = read_inner(r), *right;

    while (n != NULL && is(r, "and")) {
        next(r);
        right = read_inner(r);
        n = right != NULL ? new_node(r, WHERE_AND, n, right) : NULL;
    }
    return n;
}

static const struct where_node *
read_or(struct reading *r)
{
    const struct where_node *n = read_and(r), *right;

    while (n != NULL && is(r, "or")) {
        next(r);
        right = read_and(r);
        n = right != NULL ? new_node(r, WHERE_OR, n, right) : NULL;
    }
    return n;
}

const struct where *
where_read(struct span text, struct arena *a, struct why *why)
{
    struct reading r = {.arena = a, .why = why};
    char *copy;

    if (text.n > LIMIT_WHERE_BYTES) {
        (void)why_set(why, WHY_TEXT_LIMIT, 0, 0, NULL, "an expression of %zu bytes: expected at most %d",
                      text.n, LIMIT_WHERE_BYTES);
        return NULL;
    }
    r.out = alloc(&r, sizeof *r.out);
    copy = arena_strdup(a, text);
    if (r.out == NULL || copy == NULL) {
        (void)why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for the expression");
        return NULL;
    }
    r.text = span_of(copy, text.n);
    next(&r);
    r.out->root = read_or(&r);
    if (r.out->root == NULL)
        return NULL;
    if (r.token != END) {
        (void)fail(&r, WHY_TEXT_SYNTAX, "and, or or the end");
        return NULL;
    }
    return r.out;
}
