#include "types/capnote.h"

#include <string.h>

#include "base/text.h"
#include "record.pb-c.h"
#include "syntax/xml.h"

static void
element(struct buf *out, unsigned depth, const char *name, const char *value)
{
    if (value == NULL || *value == 0)
        return;
    buf_put_fmt(out, "%*s<%s>", (int)(2 * depth), "", name);
    xml_put(out, span_str(value));
    buf_put_fmt(out, "</%s>\n", name);
}

/* CAP 1.2 section 3.2.1: no blanks, commas, < or & in identifier and sender. */
static void
name(struct buf *out, const char *element_name, const char *value)
{
    buf_put_fmt(out, "  <%s>", element_name);
    for (const char *p = value; *p != 0; p++)
        buf_put_byte(out, *p <= ' ' || *p > '~' || strchr(",<>&\"'", *p) != NULL ? '_' : (uint8_t)*p);
    buf_put_fmt(out, "</%s>\n", element_name);
}

/* CAP wants an offset: -00:00 for UTC. */
static void
time_element(struct buf *out, unsigned depth, const char *name, struct utc t)
{
    char text[UTC_TEXT_MAX];

    if (utc_is_zero(t))
        return;
    utc_print(t, 0, text);
    buf_put_fmt(out, "%*s<%s>%.19s-00:00</%s>\n", (int)(2 * depth), "", name, text, name);
}

/* A drill is never mistaken for the real thing; what no node has published yet is a draft. */
static const char *
status(int mode)
{
    switch (mode) {
    case PARALLAX__V1__MODE__REAL:
        return "Actual";
    case PARALLAX__V1__MODE__EXERCISE:
        return "Exercise";
    case PARALLAX__V1__MODE__TEST:
    case PARALLAX__V1__MODE__SIMULATED:
        return "Test";
    default:
        return "Draft";
    }
}

static void
parameters(const struct capnote *c, struct buf *out)
{
    char number[FIELDMAP_NUMBER_MAX];

    for (size_t i = 0; i < c->map->count; i++) {
        struct span value = fieldmap_get(&c->map->field[i], c->msg, number);

        if (value.n == 0)
            continue;
        buf_put_fmt(out, "    <parameter>\n      <valueName>%s</valueName>\n      <value>",
                    c->map->field[i].keyword);
        xml_put(out, value);
        buf_put_str(out, "</value>\n    </parameter>\n");
    }
}

int
capnote_write(const struct capnote *c, const struct convert *how, struct buf *out, struct why *why)
{
    if (utc_is_zero(c->sent))
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "sent", "the record has no time, which CAP wants");
    if (out->n > 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, NULL, "a CAP file holds one alert: convert one at a time");
    buf_put_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n");
    name(out, "identifier", c->identifier);
    name(out, "sender", c->sender);
    time_element(out, 1, "sent", c->sent);
    element(out, 1, "status", status(how->mode));
    element(out, 1, "msgType", "Alert");
    element(out, 1, "scope", "Public");
    element(out, 1, "note", c->note);
    buf_put_str(out, "  <info>\n");
    element(out, 2, "language", "en-US");
    element(out, 2, "category", c->category);
    element(out, 2, "event", c->event);
    element(out, 2, "responseType", c->response_type);
    element(out, 2, "urgency", c->urgency);
    element(out, 2, "severity", c->severity);
    element(out, 2, "certainty", c->certainty);
    time_element(out, 2, "onset", c->onset);
    time_element(out, 2, "expires", c->expires);
    element(out, 2, "senderName", c->sender_name);
    element(out, 2, "headline", c->headline);
    element(out, 2, "description", c->description);
    element(out, 2, "instruction", c->instruction);
    element(out, 2, "web", c->web);
    element(out, 2, "contact", c->contact);
    parameters(c, out);
    if (c->area != NULL && *c->area != 0) {
        buf_put_str(out, "    <area>\n");
        element(out, 3, "areaDesc", c->area);
        buf_put_str(out, "    </area>\n");
    }
    buf_put_str(out, "  </info>\n</alert>\n");
    return 0;
}
