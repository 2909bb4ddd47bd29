/* The event that a close approach is of: the pair, in whichever order a screening names it, about its TCA. */
#include "types/conjunction/conjunction_map.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "types/designator.h"

#define OBJECT_MAX 512

/* A catalogue number where NORAD's catalogue is meant, else the international designator, else what the catalogue calls it. */
static void
name_object(const Parallax__V1__ConjunctionObject *o, char out[OBJECT_MAX])
{
    uint64_t number = designator_norad(span_str(o->object_designator));

    if (number > 0 && text_equal_nocase(span_str(o->catalog_name), "SATCAT"))
        (void)snprintf(out, OBJECT_MAX, "norad:%" PRIu64, number);
    else if (designator_is_cospar(span_str(o->international_designator)))
        (void)snprintf(out, OBJECT_MAX, "cospar:%s", o->international_designator);
    else
        (void)snprintf(out, OBJECT_MAX, "%.200s:%.200s", o->catalog_name, o->object_designator);
}

static void
name_row(const char *number, char out[OBJECT_MAX])
{
    (void)snprintf(out, OBJECT_MAX, "norad:%" PRIu64, designator_norad(span_str(number)));
}

/* Whose word it is: the ORIGINATOR of a CDM; a list has none. */
static const char *
voice_of(const Parallax__V1__Conjunction *c)
{
    return *c->form == 0 ? c->originator : c->form;
}

size_t
conjunction_events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Parallax__V1__Conjunction *c = (const Parallax__V1__Conjunction *)msg;
    char a[OBJECT_MAX], b[OBJECT_MAX];

    out[0] = (struct type_event){.kind = "conjunction"};
    if (conjunction_is_cdm(msg)) {
        name_object(c->object1, a);
        name_object(c->object2, b);
        out[0].issued = designator_utc(span_str(c->creation_date), span_str("UTC"));
    } else {
        name_row(*c->sat_1_id != 0 ? c->sat_1_id : c->norad_cat_id_1, a);
        name_row(*c->sat_2_id != 0 ? c->sat_2_id : c->norad_cat_id_2, b);
        out[0].issued = designator_utc(span_str(c->created), span_str("UTC"));
    }
    event_scope(out[0].scope, a, b);
    designator_key(voice_of(c), out[0].voice, sizeof out[0].voice);
    out[0].at = out[0].closes = designator_utc(span_str(c->tca), span_str("UTC"));
    return utc_is_zero(out[0].at) ? 0 : 1;
}
