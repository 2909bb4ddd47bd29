#include "core/where.h"

#include "base/num.h"
#include "core/record.h"
#include "syntax/json.h"
#include "types/alias.h"

/* One record as it is looked at. */
struct looking {
    const struct where *w;
    const struct where_record *r;
    enum where_truth truth[LIMIT_WHERE_COUNT];
    /* Of each path into the body: how many of its members lead to the container at each depth; -1: it does not lie there. */
    int8_t reached[LIMIT_WHERE_COUNT][LIMIT_JSON_DEPTH_COUNT + 1];
};

static bool
compares(enum where_relation relation, int order)
{
    switch (relation) {
    case WHERE_EQUAL:
        return order == 0;
    case WHERE_LESS:
        return order < 0;
    case WHERE_AT_MOST:
        return order <= 0;
    case WHERE_ABOVE:
        return order > 0;
    case WHERE_AT_LEAST:
        return order >= 0;
    default:
        return false;
    }
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

/* First place of ${part} in ${text} from ${from} on; SIZE_MAX: none. ASCII letters of either case. */
static size_t
find(struct span text, size_t from, struct span part)
{
    for (; from + part.n <= text.n; from++) {
        size_t i = 0;

        while (i < part.n && lower(text.p[from + i]) == lower(part.p[i]))
            i++;
        if (i == part.n)
            return from;
    }
    return SIZE_MAX;
}

/* `*` is any run of bytes, and then the whole text must fit; without one, the pattern stands anywhere. Each part at its first place: no way back. */
static bool
is_like(struct span text, struct span pattern)
{
    size_t at = 0, from = 0, place = 0;

    if (pattern.n == 0 || memchr(pattern.p, '*', pattern.n) == NULL)
        return find(text, 0, pattern) != SIZE_MAX;
    for (size_t i = 0; i <= pattern.n; i++) {
        struct span part = span_of(pattern.p + from, i - from);

        if (i < pattern.n && pattern.p[i] != '*')
            continue;
        if (i == pattern.n) /* the last part stands at the end */
            return text.n >= at + part.n && find(text, text.n - part.n, part) != SIZE_MAX;
        place = find(text, at, part);
        if (place == SIZE_MAX || (from == 0 && place != 0))
            return false;
        at = place + part.n;
        from = i + 1;
    }
    return false;
}

static void
note(struct looking *l, const struct where_test *t, bool holds)
{
    if (holds)
        l->truth[t->no] = WHERE_TRUE;
    else if (l->truth[t->no] == WHERE_UNKNOWN)
        l->truth[t->no] = WHERE_FALSE;
}

static void
see_text(struct looking *l, const struct where_test *t, struct span text)
{
    bool holds = t->relation == WHERE_STATED;

    for (const struct where_value *v = t->value; v != NULL; v = v->next)
        holds = holds || (t->relation == WHERE_LIKE ? is_like(text, v->text) : span_equal(text, v->text));
    note(l, t, holds);
}

static void
see_number(struct looking *l, const struct where_test *t, double number)
{
    bool holds = t->relation == WHERE_STATED;

    for (const struct where_value *v = t->value; v != NULL; v = v->next)
        holds = holds || compares(t->relation, (number > v->number) - (number < v->number));
    note(l, t, holds);
}

static void
see_time(struct looking *l, const struct where_test *t, struct utc time)
{
    bool holds = t->relation == WHERE_STATED;

    if (utc_is_zero(time))
        return;
    for (const struct where_value *v = t->value; v != NULL; v = v->next)
        holds = holds || compares(t->relation, utc_compare(time, v->time));
    note(l, t, holds);
}

/* --- Header and subject ------------------------------------------------------------------------------------------------ */

static void
see_some(struct looking *l, const struct where_test *t, struct span text)
{
    if (text.n > 0)
        see_text(l, t, text);
}

static void
see_objects(struct looking *l, const struct where_test *t, const struct subject *s, struct span identity)
{
    const char *id;

    for (size_t i = 0; i < SUBJECT_OBJECT_MAX; i++)
        see_some(l, t, span_str(s->object[i]));
    while (identity.n > 0) {
        while (alias_take(&identity, &id)) {
            if (strchr(id, ':') != NULL)
                see_text(l, t, span_str(id));
        }
    }
}

static void
see_issued(struct looking *l, const struct where_test *t)
{
    struct type_event event[EVENTS_MAX];
    const struct where_record *r = l->r;
    size_t n = r->msg != NULL && r->type->events != NULL ? r->type->events(r->msg, event) : 0;

    for (size_t i = 0; i < n; i++)
        see_time(l, t, event[i].issued);
}

static void
see_word(struct looking *l, const struct where_test *t, const struct subject *s, struct span identity)
{
    const struct where_record *r = l->r;
    const Parallax__V1__Header *h = r->header;

    switch (t->source) {
    case WHERE_TYPE:
        see_some(l, t, span_str(h->type));
        break;
    case WHERE_ORIGIN:
        see_some(l, t, span_str(r->origin));
        break;
    case WHERE_AUDIENCE:
        see_some(l, t, r->audience);
        break;
    case WHERE_CLASS:
        see_some(l, t, r->class_name);
        break;
    case WHERE_MODE:
        see_some(l, t, span_str(record_mode_name((int)h->mode)));
        break;
    case WHERE_KIND:
        see_some(l, t, span_str(record_kind_name((int)h->kind)));
        break;
    case WHERE_OBJECT:
        see_objects(l, t, s, identity);
        break;
    case WHERE_SUBJECT:
        see_some(l, t, span_str(s->key));
        break;
    case WHERE_CREATED:
        see_time(l, t, record_utc(h->created));
        break;
    case WHERE_EPOCH:
        see_time(l, t, h->epoch != NULL ? record_utc(h->epoch) : s->epoch);
        break;
    case WHERE_ISSUED:
        see_issued(l, t);
        break;
    case WHERE_EXPIRES:
        see_time(l, t, record_utc(h->expires));
        break;
    default:
        break;
    }
}

/* --- Figures and the body ---------------------------------------------------------------------------------------------- */

static void
see_figures(struct looking *l)
{
    struct figure figure[FIGURES_MAX];
    size_t n = l->r->type->figures != NULL ? l->r->type->figures(l->r->msg, l->r->now, figure) : 0;

    for (const struct where_test *t = l->w->first; t != NULL; t = t->next) {
        for (size_t i = 0; i < n && t->source == WHERE_FIGURE; i++) {
            if (strcmp(figure[i].name, t->figure) == 0)
                see_number(l, t, figure[i].value);
        }
    }
}

/* One value of the body: as a number exactly, by the text; what is none of the kind that is asked for says nothing. */
static void
see_value(struct looking *l, const struct where_test *t, const struct json_event *e)
{
    bool holds = t->relation == WHERE_STATED, is_said = holds;
    bool is_number = e->kind != JSON_BOOL && num_is_decimal(e->text);
    struct utc time;

    for (const struct where_value *v = t->value; v != NULL; v = v->next) {
        if (v->kind == WHERE_TEXT) {
            is_said = true;
            holds = holds ||
                    (t->relation == WHERE_LIKE ? is_like(e->text, v->text) : span_equal(e->text, v->text));
        } else if (v->kind == WHERE_NUMBER && is_number) {
            is_said = true;
            holds = holds || compares(t->relation, num_compare(e->text, v->text));
        } else if (v->kind == WHERE_TIME && e->kind == JSON_STRING && utc_parse(e->text, &time) == 0) {
            is_said = true;
            holds = holds || compares(t->relation, utc_compare(time, v->time));
        }
    }
    if (is_said)
        note(l, t, holds);
}

static int
on_json(void *cookie, const struct json_event *e, struct why *why)
{
    struct looking *l = cookie;
    bool is_container = e->kind == JSON_OBJECT || e->kind == JSON_ARRAY;

    (void)why;
    if (e->kind == JSON_OBJECT_END || e->kind == JSON_ARRAY_END)
        return 0;
    for (const struct where_test *t = l->w->first; t != NULL; t = t->next) {
        int reached = 0;

        if (t->source != WHERE_BODY)
            continue;
        if (e->depth > 0) /* elements of an array are where the array is */
            reached = l->reached[t->no][e->depth - 1];
        if (e->key.p != NULL && reached >= 0)
            reached = (size_t)reached < t->path_n && span_equal(e->key, t->path[reached]) ? reached + 1 : -1;
        if (is_container)
            l->reached[t->no][e->depth] = (int8_t)reached;
        else if (reached >= 0 && (size_t)reached == t->path_n && e->kind != JSON_NULL)
            see_value(l, t, e);
    }
    return 0;
}

static void
see_body(struct looking *l)
{
    struct why why;
    struct buf json;

    buf_init(&json, LIMIT_API_BYTES * 8);
    l->r->type->json(l->r->msg, &json);
    why_clear(&why);
    /* The short way takes values as long as those of text formats; some texts of public alerts are longer. */
    if (!buf_failed(&json) && json_read(buf_span(&json), on_json, l, &why) != 0) {
        why_clear(&why);
        (void)json_read_long(buf_span(&json), LIMIT_BODY_BYTES, on_json, l, &why);
    }
    buf_release(&json);
}

/* --- The whole -------------------------------------------------------------------------------------------------------- */

static enum where_truth
judge(const struct looking *l, const struct where_node *n)
{
    enum where_truth left, right;

    if (n->op == WHERE_TEST)
        return n->test->relation == WHERE_STATED && l->truth[n->test->no] == WHERE_UNKNOWN
                   ? WHERE_FALSE
                   : l->truth[n->test->no];
    left = judge(l, n->left);
    if (n->op == WHERE_NOT)
        return left == WHERE_UNKNOWN ? left : left == WHERE_TRUE ? WHERE_FALSE : WHERE_TRUE;
    right = judge(l, n->right);
    if (n->op == WHERE_AND)
        return left < right ? left : right;
    return left > right ? left : right;
}

enum where_truth
where_judge(const struct where *w, const struct where_record *r)
{
    struct looking l = {.w = w, .r = r};
    struct subject subject = {0};
    uint8_t bytes[ALIAS_TEXT_BYTES];
    struct buf identity;

    for (size_t i = 0; i < w->tests; i++)
        l.truth[i] = WHERE_UNKNOWN;
    buf_init_fixed(&identity, bytes, sizeof bytes);
    if (w->has_subject && r->msg != NULL && r->type->subject(r->msg, &subject) == 0)
        alias_of(r->type, r->msg, &subject, &identity);
    for (const struct where_test *t = w->first; t != NULL; t = t->next) {
        if (t->source < WHERE_FIGURE)
            see_word(&l, t, &subject, buf_span(&identity));
    }
    if (r->msg != NULL && w->has_figures)
        see_figures(&l);
    if (r->msg != NULL && w->has_body)
        see_body(&l);
    return judge(&l, w->root);
}
