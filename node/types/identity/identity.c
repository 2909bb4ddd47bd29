/* A person's word on whether two identifiers are of one object: what records state may be wrong, or nowhere stated. It can be undone (docs/objects.md). */
#include "identity.pb-c.h"
#include "types/alias.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Identity Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "IDENTITY/1", "IDENTITY/1",                \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "norad:25544+norad:270001",                  \
      "what the issuer calls this matter; a later notice with the same id replaces this one")                \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-11T14:05:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "CNES, orbit analyst on duty",       \
      "who says so")                                                                                         \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "duty officer, +33 5 61 00 00 00",          \
      "whom to ask")                                                                                         \
    F("state", state, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "MERGE|SPLIT|UNDONE", "MERGE",               \
      "both are one object; they are two; or what this notice said before does not count any more")          \
    F("object", object, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "norad:25544",                       \
      "one identifier, with its kind: norad:, cospar:, neo:, id:")                                           \
    F("other", other, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "norad:270001",                        \
      "the other identifier")                                                                                \
    F("reason", reason, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                               \
      "analyst object, same orbit since 2032-02-01", "why")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__identity__descriptor);

/* One group, which begins with what the person says of it. */
static void
identify(const ProtobufCMessage *msg, struct buf *out)
{
    const Notice *n = (const Notice *)msg;
    char a[ALIAS_BYTES], b[ALIAS_BYTES];
    bool merges = strcmp(n->state, "MERGE") == 0;

    if (!alias_parse(n->object, a) || !alias_parse(n->other, b) || strcmp(a, b) == 0 ||
        (!merges && strcmp(n->state, "SPLIT") != 0))
        return;
    alias_put(out, merges ? ALIAS_MERGE : ALIAS_SPLIT);
    alias_put(out, a);
    alias_put(out, b);
    alias_end(out);
}

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "identity-json",
    .title = "A person's word on who an object is",
    .key = "id",
    .epoch = {"issued"},
    .object = {"object", "other"},
    .object_kind = {"any", "any"},
    .identity = identify,
    .summary = {"state", "object", "other", "reason"},
};

NOTICE_TYPE(identity, false, "A person's word on who an object is", parallax__v1__identity__descriptor);
