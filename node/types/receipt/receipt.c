/* Receipt of an event by a person: A person of the issuer has seen what the node holds of an event: with what each node stored (which the protocol acknowledges by itself) the signed answer to "who was told what, and when". */
#include "receipt.pb-c.h"
#include "types/designator.h"
#include "types/event.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Receipt Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "RECEIPT/1", "RECEIPT/1",                  \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-11T14:05:00Z A. Moreau",            \
      "what the issuer calls this receipt; a later one with the same id replaces it")                        \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-11T14:05:00Z",              \
      "when it was signed, UTC")                                                                             \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "CNES, CAESAR",                      \
      "the authority whose person it is")                                                                    \
    F("event", event, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                        \
      "conjunction:norad:900000101+norad:900002900@2032-02-12T02:09Z",                                       \
      "the event that was seen, as parallax events shows it")                                                \
    F("seen_by", seen_by, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "A. Moreau, duty officer",         \
      "who has seen it")                                                                                     \
    F("seen_at", seen_at, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-11T14:04:30Z",            \
      "when, UTC")                                                                                           \
    F("records", records, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "00112233445566778899aabbccddeeff:16",      \
      "record ids of what was shown, joined by blanks")                                                      \
    F("note", note, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "operator called, awaiting their manoeuvre plan", \
      "what was done")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__receipt__descriptor);

static int
check_more(const ProtobufCMessage *msg, struct why *why)
{
    const Notice *n = (const Notice *)msg;
    const char *at = n->records;
    struct event_id event;

    if (event_id_parse(span_str(n->event), &event) != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "event",
                       "expected the id of an event, as `parallax events` shows it");
    while (*at != 0) {
        size_t length = strcspn(at, " ");

        if (designator_record(span_of(at, length), "records", why) != 0)
            return -1;
        at += length + (at[length] == ' ');
    }
    return 0;
}

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "receipt-json",
    .title = "Receipt of an event by a person",
    .key = "id",
    .epoch = {"seen_at", "issued"},
    .summary = {"event", "seen_by", "seen_at"},
    .order = {{"seen_at", "issued"}},
    .check = check_more,
};

/* A remark on the event that it names. */
static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Notice *n = (const Notice *)msg;

    return event_remark(span_str(n->event), span_str(n->issued), &out[0]) == 0 ? 1 : 0;
}

NOTICE_TYPE_EVENTS(receipt, false, "Receipt of an event by a person", parallax__v1__receipt__descriptor, NULL,
                   NULL, NULL, events);
