/* Consultation on an event: What one node says to others about an event: a request, an assessment, a dissent, a claim ("we will manoeuvre"), an acknowledgement, a closure; each signed, all together a thread. */
#include "consultation.pb-c.h"
#include "types/designator.h"
#include "types/event.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Consultation Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "CONSULTATION/1", "CONSULTATION/1",        \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-11T14:05:00Z CLAIM",                \
      "what the issuer calls this statement; a later one with the same id replaces it")                      \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-11T14:05:00Z",              \
      "when it was said, UTC")                                                                               \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "CNES, CAESAR",                      \
      "the authority that says it")                                                                          \
    F("officer", officer, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "A. Moreau, duty officer",                  \
      "the person who says it")                                                                              \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "+33 1 55 55 01 00, at any hour",           \
      "whom to call")                                                                                        \
    F("role", role, FIELD_WORD, 0, NULL, NULL, NULL,                                                         \
      "MEMBER|OWNER|OPERATOR|IAWN COORDINATOR|IAWN SIGNATORY|SMPAG CHAIR|SMPAG MEMBER|OBSERVER", "OPERATOR", \
      "as what they say it; IAWN warns of impacts, SMPAG plans what to do")                                  \
    F("event", event, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                        \
      "conjunction:norad:900000101+norad:900002900@2032-02-12T02:09Z",                                       \
      "the event that it is about, as parallax events shows it")                                             \
    F("act", act, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL,                                                  \
      "REQUEST|ASSESS|DISSENT|CLAIM|ACKNOWLEDGE|CLOSE", "CLAIM", "what is done by saying it")                \
    F("to", to, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "us-noaa jp-jaxa",                                    \
      "nodes that are asked, joined by blanks; none: all")                                                   \
    F("in_reply_to", in_reply_to, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                     \
      "00112233445566778899aabbccddeeff:17", "record id of the statement that it answers")                   \
    F("answer_by", answer_by, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-11T20:00:00Z",                 \
      "by when an answer is needed, UTC")                                                                    \
    F("claim", claim, FIELD_WORD, 0, NULL, NULL, NULL, "MANOEUVRE|HOLD|NO CAPABILITY", "MANOEUVRE",          \
      "with CLAIM: MANOEUVRE, the other need not; HOLD, we stay as predicted; NO CAPABILITY, we cannot "     \
      "move")                                                                                                \
    F("object", object, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "norad:900000101",                            \
      "with CLAIM: the object that it holds for, by its canonical id")                                       \
    F("manoeuvre_time", manoeuvre_time, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-11T22:30:00Z",       \
      "with CLAIM: when the manoeuvre is planned, UTC")                                                      \
    F("valid_until", valid_until, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-12T02:09:00Z",             \
      "until when the claim holds, UTC")                                                                     \
    F("record", record, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "00112233445566778899aabbccddeeff:16",        \
      "record id of what is assessed or disputed")                                                           \
    F("probability", probability, FIELD_REAL, 0, NULL, "0", "1", NULL, "0.00012",                            \
      "with ASSESS and DISSENT: the probability of a collision or an impact as the issuer works it out")     \
    F("text", text, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                                   \
      "we raise the orbit by 150 m half a revolution before", "in words")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__consultation__descriptor);

/* What each act must say, beside what the table says. */
struct duty {
    const char *act, *keyword;
    size_t member; /* of a string in Notice */
    const char *note;
};

static const struct duty duties[] = {
    {"REQUEST", "text", offsetof(Notice, text), "expected what is asked, with REQUEST"},
    {"DISSENT", "in_reply_to", offsetof(Notice, in_reply_to),
     "expected the statement dissented from, with DISSENT"},
    {"DISSENT", "text", offsetof(Notice, text), "expected the reason, with DISSENT"},
    {"CLAIM", "claim", offsetof(Notice, claim), "expected what is claimed, with CLAIM"},
    {"CLAIM", "object", offsetof(Notice, object), "expected the object that it holds for, with CLAIM"},
    {"ACKNOWLEDGE", "in_reply_to", offsetof(Notice, in_reply_to),
     "expected the statement that is acknowledged, with ACKNOWLEDGE"},
    {"CLOSE", "text", offsetof(Notice, text), "expected the reason, with CLOSE"},
};

static const char *
text_at(const Notice *n, size_t member)
{
    const char *text;

    memcpy(&text, (const char *)n + member, sizeof text);
    return text;
}

static int
check_duties(const Notice *n, struct why *why)
{
    for (size_t i = 0; i < sizeof duties / sizeof *duties; i++) {
        if (strcmp(n->act, duties[i].act) == 0 && text_at(n, duties[i].member)[0] == 0)
            return why_set(why, WHY_FIELD_MISSING, 0, 0, duties[i].keyword, "%s", duties[i].note);
    }
    if (strcmp(n->act, "ASSESS") == 0 && n->record[0] == 0 && n->probability[0] == 0 && n->text[0] == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "text",
                       "expected text, record or probability, with ASSESS");
    return 0;
}

/* A claim that stands in another act would be read by some and not by others. */
static int
check_claim(const Notice *n, struct why *why)
{
    if (strcmp(n->act, "CLAIM") == 0)
        return 0;
    if (n->claim[0] != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "claim", "expected none but with CLAIM");
    if (n->manoeuvre_time[0] != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "manoeuvre_time", "expected none but with CLAIM");
    return 0;
}

static int
check_more(const ProtobufCMessage *msg, struct why *why)
{
    const Notice *n = (const Notice *)msg;
    struct event_id event;

    if (check_duties(n, why) != 0 || check_claim(n, why) != 0)
        return -1;
    if (event_id_parse(span_str(n->event), &event) != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "event",
                       "expected the id of an event, as `parallax events` shows it");
    if (n->in_reply_to[0] != 0 && designator_record(span_str(n->in_reply_to), "in_reply_to", why) != 0)
        return -1;
    return n->record[0] == 0 ? 0 : designator_record(span_str(n->record), "record", why);
}

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "consultation-json",
    .title = "Consultation on an event",
    .key = "id",
    .epoch = {"issued"},
    .object = {"object"},
    .object_kind = {""},
    .summary = {"act", "claim", "event", "text"},
    .order = {{"issued", "valid_until"}},
    .check = check_more,
};

/* A remark on the event that it names. */
static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Notice *n = (const Notice *)msg;

    return event_remark(span_str(n->event), span_str(n->issued), &out[0]) == 0 ? 1 : 0;
}

NOTICE_TYPE_EVENTS(consultation, true, "Consultation on an event", parallax__v1__consultation__descriptor,
                   NULL, NULL, NULL, events);
