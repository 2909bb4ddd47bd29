/* ADES as XML: obsBlocks of a context and observations, or observations alone. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "syntax/xml.h"
#include "types/neo_observation/neo_observation_mpc.h"

struct reading {
    struct neo_observation_build build;
    struct span input;
    const struct convert *how;
    struct why *why;
    size_t root_end;                   /* behind the start tag of the root */
    size_t block;                      /* offset of the open obsBlock; 0: none */
    size_t start;                      /* of the open observation; 0: none */
    unsigned depth;                    /* of its element */
    unsigned skip;                     /* depth + 1 of what is passed over; 0: none */
    struct buf preamble;               /* of the observations of this block */
    char parent[LIMIT_NAME_BYTES + 1]; /* in the context */
    bool in_context;
    struct place element; /* of the innermost */
    size_t count;
    int last;           /* row of the element before in the open observation; -1: none */
    bool is_disordered; /* told */
};

static int
fail(struct reading *r, const struct xml_event *event, const char *note)
{
    char name[LIMIT_NAME_BYTES + 1];

    (void)snprintf(name, sizeof name, "%.*s", (int)event->name.n, (const char *)event->name.p);
    return why_set(r->why, WHY_TEXT_SYNTAX, event->place.line, event->place.column, name, "%s", note);
}

static int
on_root(struct reading *r, const struct xml_event *event)
{
    const uint8_t *end = memchr(r->input.p + event->offset, '>', r->input.n - event->offset);

    if (!span_is(event->name, "ades"))
        return fail(r, event, "another root element: expected <ades>");
    r->root_end = end != NULL ? (size_t)(end - r->input.p) + 1 : event->offset;
    buf_clear(&r->preamble);
    buf_put_span(&r->preamble, span_of(r->input.p, r->root_end));
    return neo_observation_build_version(&r->build, xml_attribute(event, "version"), event->place);
}

static int
begin_observation(struct reading *r, const struct xml_event *event, int kind)
{
    r->start = event->offset;
    r->depth = event->depth;
    r->last = -1;
    r->is_disordered = false;
    r->count++;
    return neo_observation_build_begin(&r->build, kind, event->place);
}

static int
on_start(struct reading *r, const struct xml_event *event)
{
    int kind = neo_observation_kind(event->name);

    if (r->skip > 0)
        return 0;
    r->element = event->place;
    if (event->name.n > LIMIT_NAME_BYTES)
        return fail(r, event, "a name that is too long");
    if (event->depth == 0)
        return on_root(r, event);
    if (r->start > 0 && span_is(event->name, "localUse")) {
        r->skip = event->depth + 1;
        return fill_tolerate(&r->build.fill, WHY_FIELD_UNKNOWN, event->place, "localUse",
                             "of a site's own: kept in the original only");
    }
    if (r->start > 0)
        return event->depth == r->depth + 1 ? 0 : fail(r, event, "an element within a value");
    if (r->in_context) {
        if (event->depth == 3)
            (void)snprintf(r->parent, sizeof r->parent, "%.*s", (int)event->name.n,
                           (const char *)event->name.p);
        return 0;
    }
    if (event->depth == 1 && span_is(event->name, "obsBlock")) {
        r->block = event->offset;
        neo_observation_build_block(&r->build);
        return 0;
    }
    if (span_is(event->name, "obsContext") && event->depth == 2) {
        r->in_context = true;
        return 0;
    }
    if (span_is(event->name, "obsData") && event->depth == 2)
        return 0;
    if (kind >= 0)
        return begin_observation(r, event, kind);
    r->skip = event->depth + 1;
    return fill_tolerate(&r->build.fill, WHY_FIELD_UNKNOWN, event->place, NULL,
                         "an element that the standard does not put here: passed over");
}

static struct span
trim(struct span s)
{
    while (s.n > 0 && s.p[s.n - 1] <= ' ')
        s.n--;
    while (s.n > 0 && *s.p <= ' ')
        s = span_of(s.p + 1, s.n - 1);
    return s;
}

static int
end_observation(struct reading *r, const struct xml_event *event)
{
    struct span original = span_of(r->input.p + r->start, event->offset - r->start);
    bool in_block = r->block > 0;

    r->start = 0;
    return neo_observation_build_end(&r->build, buf_span(&r->preamble), original,
                                     span_str(in_block ? "</obsData></obsBlock></ades>" : "</ades>"));
}

static int
end_context_value(struct reading *r, const struct xml_event *event)
{
    struct span parent = event->depth == 3 ? event->name : span_str(r->parent);
    struct span child = event->depth == 3 ? span_of(NULL, 0) : event->name;

    if (!event->is_leaf)
        return event->depth <= 4 ? 0 : fail(r, event, "an element within a value");
    return neo_observation_build_context(&r->build, parent, child, trim(event->text), r->element);
}

static int
end_value(struct reading *r, const struct xml_event *event)
{
    int row = neo_observation_row(event->name);

    if (row >= 0 && row < r->last && !r->is_disordered) {
        char name[LIMIT_NAME_BYTES + 1];

        r->is_disordered = true;
        (void)snprintf(name, sizeof name, "%.*s", (int)event->name.n, (const char *)event->name.p);
        if (fill_tolerate(&r->build.fill, WHY_TEXT_SYNTAX, r->element, name,
                          "behind elements that the standard puts after it") != 0)
            return -1;
    }
    r->last = row >= 0 ? row : r->last;
    return neo_observation_build_field(&r->build, event->name, trim(event->text), r->element, event->place);
}

static int
on_end(struct reading *r, const struct xml_event *event)
{
    if (r->skip > 0) {
        r->skip = event->depth + 1 == r->skip ? 0 : r->skip;
        return 0;
    }
    if (r->start > 0 && event->depth == r->depth)
        return end_observation(r, event);
    if (r->start > 0)
        return end_value(r, event);
    if (r->in_context && event->depth > 2)
        return end_context_value(r, event);
    if (r->in_context) {
        r->in_context = false;
        buf_clear(&r->preamble);
        buf_put_span(&r->preamble, span_of(r->input.p, r->root_end));
        buf_put_span(&r->preamble, span_of(r->input.p + r->block, event->offset - r->block));
        buf_put_str(&r->preamble, "<obsData>");
        return neo_observation_build_context_end(&r->build, event->place);
    }
    if (event->depth == 1 && span_is(event->name, "obsBlock")) {
        r->block = 0;
        neo_observation_build_block(&r->build);
        buf_clear(&r->preamble);
        buf_put_span(&r->preamble, span_of(r->input.p, r->root_end));
    }
    return 0;
}

static int
on_event(void *cookie, const struct xml_event *event, struct why *why)
{
    (void)why;
    return event->kind == XML_START ? on_start(cookie, event) : on_end(cookie, event);
}

static int
read_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    static const char bom[] = "\xEF\xBB\xBF";
    struct reading r = {.how = how, .why = why};
    int rc;

    r.input = input.n >= 3 && memcmp(input.p, bom, 3) == 0 ? span_of(input.p + 3, input.n - 3) : input;
    neo_observation_build_init(&r.build, "ades-xml", how, a, emit, cookie, why);
    buf_init(&r.preamble, LIMIT_BODY_BYTES);
    rc = xml_read(r.input, on_event, &r, why);
    if (rc == 0 && r.count == 0)
        rc = why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL,
                     "no observation: expected <optical>, <offset>, <occultation> or <radar>");
    buf_release(&r.preamble);
    neo_observation_build_release(&r.build);
    return rc;
}

static int
probe_xml(struct span head)
{
    struct span name;

    return xml_sniff(head, &name, 1) == 1 && span_is(name, "ades") ? 100 : 0;
}

static void
begin(struct buf *out)
{
    buf_put_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ades version=\"2022\">\n");
}

static void
end(struct buf *out)
{
    buf_put_str(out, "</ades>\n");
}

static void
put_element(struct buf *out, const char *name, const char *value)
{
    buf_put_fmt(out, "<%s>", name);
    xml_put(out, span_str(value));
    buf_put_fmt(out, "</%s>\n", name);
}

/* Values of one parent stand together. */
static void
put_context(const Parallax__V1__NeoObservation *o, struct buf *out)
{
    char open[40] = "";

    buf_put_str(out, "<obsBlock>\n<obsContext>\n");
    for (size_t i = 0; i < o->n_context; i++) {
        const char *slash = strchr(o->context[i]->name, '/');
        char parent[40] = "";

        if (slash != NULL)
            (void)snprintf(parent, sizeof parent, "%.*s", (int)(slash - o->context[i]->name),
                           o->context[i]->name);
        if (strcmp(open, parent) != 0) {
            if (*open != 0)
                buf_put_fmt(out, "</%s>\n", open);
            if (*parent != 0)
                buf_put_fmt(out, "<%s>\n", parent);
            memcpy(open, parent, sizeof open);
        }
        put_element(out, slash != NULL ? slash + 1 : o->context[i]->name, o->context[i]->value);
    }
    if (*open != 0)
        buf_put_fmt(out, "</%s>\n", open);
    buf_put_str(out, "</obsContext>\n<obsData>\n");
}

static int
write_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    const Parallax__V1__NeoObservation *o = (const Parallax__V1__NeoObservation *)msg;

    if (neo_observation_mpc_losses(o, how, why) != 0)
        return -1;
    if (strcmp(o->version, "2017") == 0)
        fill_warn(how, (struct place){0}, "version", "2017: written as 2022, which has all that it had");
    if (o->n_context > 0)
        put_context(o, out);
    buf_put_fmt(out, "<%s>\n", o->kind);
    for (size_t i = 0; i < o->n_fields; i++) {
        if (neo_observation_in_ades(o, i))
            put_element(out, o->fields[i]->name, o->fields[i]->value);
    }
    buf_put_fmt(out, "</%s>\n", o->kind);
    if (o->n_context > 0)
        buf_put_str(out, "</obsData>\n</obsBlock>\n");
    return 0;
}

static bool
fits(const ProtobufCMessage *msg)
{
    return ((const Parallax__V1__NeoObservation *)msg)->n_lines == 0;
}

const struct reader neo_observation_ades_xml_reader = {
    "ades-xml", "application/xml", "ADES 2017 and 2022 as XML", LIMIT_INPUT_BYTES, probe_xml, read_xml};
const struct writer neo_observation_ades_xml_writer = {.format = "ades-xml",
                                                       .media = "application/xml",
                                                       .title = "ADES 2022 as XML, a block an observation",
                                                       .lossless = true,
                                                       .begin = begin,
                                                       .end = end,
                                                       .fits = fits,
                                                       .write = write_xml};
