/* A record body made the way a user would: text through a reader of the registry. */
#include "world_internal.h"
#include "types/registry.h"
#include "wire/unpack.h"
#include <assert.h>
#include <stdio.h>

static int
keep(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    (void)type;
    (void)why;
    pack(msg, cookie);
    return 0;
}

static void
make(uint32_t number, bool secret, struct buf *out)
{
    char text[1024];
    struct convert how = {.strict = false};
    struct why why;

    snprintf(
        text, sizeof(text),
        "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,"
        "MEAN_ANOMALY,EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,"
        "MEAN_MOTION_DOT,MEAN_MOTION_DDOT\r\n"
        "%s "
        "%u,2026-001A,2026-03-%02uT07:26:52.157760,13.76498747,.00237643,90.2160,69.4642,228.7713,198.2104,"
        "0,U,%u,999,5782,.76643197E-3,.76E-5,0\r\n",
        secret ? "SECRET" : "SIM", (unsigned)number, (unsigned)(1 + number % 28), (unsigned)number);
    why_clear(&why);
    if (registry_read(span_str(text), "omm-csv", &how, keep, out, &why) != 0) {
        fprintf(stderr, "simulation: body: %s\n", why.note);
        assert(0);
    }
}

struct span
body_of(struct world *w, uint32_t number)
{
    struct span *b = &w->body[number % NUMBERS_MAX];

    assert(number < NUMBERS_MAX);
    if (b->n == 0) {
        struct buf made;
        buf_init(&made, LIMIT_BODY_BYTES);
        make(number, secrets_is(w, number), &made);
        *b = buf_span(&made); /* world_free() frees it */
    }
    return *b;
}
