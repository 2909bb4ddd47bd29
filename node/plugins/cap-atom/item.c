#include "plugins/cap-atom/item.h"

#include <stdio.h>
#include <strings.h>

#include "base/text.h"
#include "public_alert.pb-c.h"
#include "record.pb-c.h"
#include "types/registry.h"

#define CAP_12 "urn:oasis:names:tc:emergency:cap:1.2"

struct reading {
    const struct line_record *r;
    const struct item_options *o;
    struct item *item;
    struct buf *cap;
    struct why *why;
    struct arena arena;
    bool cancels; /* CAP msgType Cancel */
};

/* Why a record stays out. */
static int
refuse(struct reading *x, const char *note)
{
    (void)why_set(x->why, WHY_FIELD_VALUE, 0, 0, NULL, "%s", note);
    return 0;
}

static bool
is_listed(const char *list, struct span word)
{
    for (const char *at = list; *at != '\0';) {
        size_t n = strcspn(at, " ");
        if (n == word.n && n > 0 && memcmp(at, word.p, n) == 0)
            return true;
        at += n + strspn(at + n, " ");
    }
    return false;
}

/* "fr-cnes/open/alert": the audience. */
static struct span
audience_of(const struct line_record *r)
{
    const char *series = value_text(r->root, "series"), *slash = strchr(series, '/');

    return slash != NULL ? span_of(slash + 1, strcspn(slash + 1, "/")) : span_of("", 0);
}

/* NULL, or why this may not be shown to everybody: what is not known to be allowed is not. */
static const char *
forbidden(const struct line_record *r, const struct item_options *o)
{
    const char *mode = value_text(r->root, "mode"), *onward = value_text(r->root, "rights.onward");

    if (!is_listed(o->audiences, audience_of(r)))
        return "it is not for everybody: its audience is none of `audiences`";
    if (onward[0] != '\0' && strcmp(onward, o->onward) != 0)
        return "its origin states an onward rule that is not `onward`";
    if (value_get(r->root, "quarantine") != NULL || value_get(r->root, "disputed") != NULL)
        return "it is in quarantine or disputed";
    if (strcmp(mode, "REAL") != 0 && !o->drills)
        return "it is a drill";
    return NULL;
}

static void
name_of(const char *kind, struct span a, struct span b, uint8_t out[HASH_BYTES])
{
    struct buf text;

    buf_init(&text, LIMIT_PLUGIN_LINE_BYTES);
    buf_put_fmt(&text, "%s %zu ", kind, a.n);
    buf_put_span(&text, a);
    buf_put_span(&text, b);
    hash_sha256(buf_span(&text), out);
    buf_release(&text);
}

static void
refer(struct item *item, const uint8_t name[HASH_BYTES])
{
    if (item->refs_n < ITEM_REFS_MAX)
        memcpy(item->refs[item->refs_n++], name, HASH_BYTES);
}

/* Whole characters of ${text}, as many as fit. */
static void
copy(char *out, size_t size, const char *text)
{
    size_t n = text_utf8_prefix(span_of(text, strnlen(text, size - 1)));

    memcpy(out, text, n);
    out[n] = '\0';
}

/* The header: ids, times, records that it withdraws. */
static int
take_header(struct reading *x)
{
    const struct value *refs = value_get(x->r->root, "references");
    const char *kind = value_text(x->r->root, "kind");
    struct item *item = x->item;
    uint8_t name[HASH_BYTES];

    copy(item->id, sizeof item->id, value_text(x->r->root, "id"));
    copy(item->origin, sizeof item->origin, value_text(x->r->root, "origin"));
    (void)utc_parse(span_str(value_text(x->r->root, "created")), &item->created);
    (void)utc_parse(span_str(value_text(x->r->root, "epoch")), &item->epoch);
    (void)utc_parse(span_str(value_text(x->r->root, "expires")), &item->expires);
    (void)utc_parse(span_str(value_text(x->r->root, "embargo_until")), &item->opens);
    (void)utc_parse(span_str(value_text(x->r->root, "received")), &item->updated);
    name_of("record", span_str(item->id), span_of("", 0), item->name[0]);
    if (strcmp(kind, "INITIAL") != 0) {
        for (const struct value *one = refs != NULL ? refs->first : NULL; one != NULL; one = one->next) {
            name_of("record", one->text, span_of("", 0), name);
            refer(item, name);
        }
    }
    item->entry = strcmp(kind, "INITIAL") == 0 || strcmp(kind, "UPDATE") == 0 || strcmp(kind, "CANCEL") == 0;
    item->drill = strcmp(value_text(x->r->root, "mode"), "REAL") != 0;
    return item->entry || strcmp(kind, "RETRACT") == 0;
}

/* The body as its type reads it; NULL with why. */
static const ProtobufCMessage *
open_body(struct reading *x, const struct type *type)
{
    const char *plain = value_text(x->r->root, "bytes.plain");
    const ProtobufCMessage *msg = NULL;
    struct buf bytes;

    buf_init(&bytes, LIMIT_BODY_BYTES);
    if (plain[0] == '\0' && value_get(x->r->root, "sealing") == NULL)
        plain = value_text(x->r->root, "bytes.body");
    if (text_unbase64(span_str(plain), &bytes) != 0 || bytes.n == 0)
        (void)refuse(x, "its body is not here: it needs `bytes: true`, and a record that this node can read");
    else
        msg = registry_unpack(type, buf_span(&bytes), &x->arena, x->why);
    buf_release(&bytes);
    return msg;
}

static int
ignore(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    (void)cookie, (void)type, (void)msg, (void)why;
    return 0;
}

/*
 * May ${original} be the file as it is? Where it is CAP 1.2 to the letter, or has a signature over these very bytes. Read alone: what came out
 * of a feed may lean on name spaces that stood outside it.
 */
static bool
is_kept(struct span original)
{
    struct convert how = {.strict = true};
    struct why why;

    why_clear(&why);
    if (memmem(original.p, original.n, CAP_12, sizeof CAP_12 - 1) == NULL)
        return false;
    if (registry_read(original, "cap", &how, ignore, NULL, &why) == 0)
        return true;
    why_clear(&why);
    how.strict = false;
    return memmem(original.p, original.n, "SignatureValue", 14) != NULL &&
           registry_read(original, "cap", &how, ignore, NULL, &why) == 0;
}

/* The CAP file of the message: its very bytes, or CAP 1.2 as its type writes it. */
static int
make_cap(struct reading *x, const struct type *type, const ProtobufCMessage *msg, const struct writer *writer)
{
    int mode = strcmp(value_text(x->r->root, "mode"), "REAL") == 0       ? PARALLAX__V1__MODE__REAL
               : strcmp(value_text(x->r->root, "mode"), "EXERCISE") == 0 ? PARALLAX__V1__MODE__EXERCISE
                                                                         : PARALLAX__V1__MODE__TEST;
    struct convert how = {.mode = mode};
    struct source source = {0};

    type->source(msg, &source);
    if ((span_is(source.format, "cap") || span_is(source.format, "cap-atom")) && is_kept(source.original)) {
        buf_put_span(x->cap, source.original);
        return 1;
    }
    return writer->write(msg, &how, x->cap, x->why) == 0;
}

/* The <info> in the language that is preferred; NULL: there is none at all. */
static const Parallax__V1__CapInfo *
choose(const Parallax__V1__PublicAlert *a, const char *languages)
{
    for (const char *at = languages; *at != '\0';) {
        size_t n = strcspn(at, " ");
        for (size_t i = 0; i < a->n_info && n > 0; i++) {
            const char *is = a->info[i]->language[0] != '\0' ? a->info[i]->language : "en-US"; /* CAP 3.2.2 */
            if (strncasecmp(is, at, n) == 0 && (is[n] == '\0' || is[n] == '-'))
                return a->info[i];
        }
        at += n + strspn(at + n, " ");
    }
    return a->n_info > 0 ? a->info[0] : NULL;
}

/* A time of CAP, which has an offset: in UTC. */
static int
take_time(const char *text, struct utc *out)
{
    char local[20], zone[7];
    int h, m;

    if (strlen(text) < 20 || strlen(text) > 25)
        return -1;
    (void)snprintf(local, sizeof local, "%.19s", text);
    (void)snprintf(zone, sizeof zone, "%.6s", text + 19);
    if (utc_parse(span_str(local), out) != 0)
        return -1;
    if (zone[0] == 'Z')
        return 0;
    if (strlen(zone) != 6 || sscanf(zone + 1, "%2d:%2d", &h, &m) != 2)
        return -1;
    *out = utc_add_ns(*out, (zone[0] == '-' ? 1 : -1) * ((int64_t)h * 60 + m) * 60 * 1000000000);
    return 0;
}

/* Until all of it is over; zero where one part does not say. */
static void
take_expiry(struct item *item, const Parallax__V1__PublicAlert *a)
{
    struct utc last = {0, 0}, one;

    for (size_t i = 0; i < a->n_info; i++) {
        if (take_time(a->info[i]->expires, &one) != 0)
            return;
        if (utc_compare(one, last) > 0)
            last = one;
    }
    if (!utc_is_zero(last) && (utc_is_zero(item->expires) || utc_compare(last, item->expires) < 0))
        item->expires = last;
}

/* CAP 1.2 section 3.2.1, references: "sender,identifier,sent", with blanks between. */
static void
take_references(struct item *item, const char *text)
{
    uint8_t name[HASH_BYTES];

    for (const char *at = text + strspn(text, " \t\r\n"); *at != '\0';) {
        size_t n = strcspn(at, " \t\r\n");
        const char *first = memchr(at, ',', n);
        const char *second = first != NULL ? memchr(first + 1, ',', n - (size_t)(first + 1 - at)) : NULL;
        if (second != NULL) {
            name_of("cap", span_of(at, (size_t)(first - at)), span_of(first, (size_t)(second - first)), name);
            refer(item, name);
        }
        at += n + strspn(at + n, " \t\r\n");
    }
}

static void
take_words(struct item *item, const Parallax__V1__PublicAlert *a, const char *languages)
{
    const Parallax__V1__CapInfo *info = choose(a, languages);
    const char *title = info == NULL ? "" : info->headline[0] != '\0' ? info->headline : info->event;
    const char *summary = info != NULL && info->description[0] != '\0' ? info->description : a->note;

    copy(item->title, sizeof item->title, title[0] != '\0' ? title : a->msg_type);
    copy(item->summary, sizeof item->summary, summary[0] != '\0' ? summary : item->title);
    copy(item->author, sizeof item->author,
         info != NULL && info->sender_name[0] != '\0' ? info->sender_name : a->sender);
    if (info != NULL) {
        const char *language = info->language[0] != '\0' ? info->language : "en-US";
        if (strlen(language) < sizeof item->language &&
            strspn(language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
                strlen(language))
            copy(item->language, sizeof item->language, language);
    }
}

/* What the CAP file says, for whom, and instead of what. -1: it is not for everybody. */
static int
take_alert(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    const Parallax__V1__PublicAlert *a = (const Parallax__V1__PublicAlert *)msg;
    struct reading *x = cookie;
    bool drill = strcmp(a->status, "Exercise") == 0 || strcmp(a->status, "Test") == 0;
    struct utc sent;
    struct buf id;

    (void)type;
    if (strcmp(a->scope, "Public") != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "scope", "its scope is not Public");
    if (!drill && strcmp(a->status, "Actual") != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "status", "its status is neither Actual nor a drill's");
    if (drill != x->item->drill)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "status",
                       "its mode and its status say different things about whether it is a drill");
    if (strcmp(a->msg_type, "Ack") == 0 || strcmp(a->msg_type, "Error") == 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "msgType", "it is an answer to an alert");
    if (take_time(a->sent, &sent) != 0)
        return why_set(why, WHY_FIELD_TIME, 0, 0, "sent", "it does not say when it was sent");
    if (utc_is_zero(x->item->updated) || utc_compare(sent, x->item->updated) < 0)
        x->item->updated = sent;
    buf_init(&id, LIMIT_BODY_BYTES);
    buf_put_byte(&id, ',');
    buf_put_str(&id, a->identifier);
    name_of("cap", span_str(a->sender), buf_span(&id), x->item->name[1]);
    buf_release(&id);
    if (strcmp(a->msg_type, "Update") == 0 || strcmp(a->msg_type, "Cancel") == 0)
        take_references(x->item, a->references);
    x->cancels = strcmp(a->msg_type, "Cancel") == 0;
    take_expiry(x->item, a);
    take_words(x->item, a, x->o->languages);
    return 0;
}

static int
read_item(struct reading *x)
{
    const struct type *type = registry_type_cstr(value_text(x->r->root, "type"));
    const struct writer *writer = type != NULL ? registry_writer(type, "cap") : NULL;
    const char *why = writer != NULL ? forbidden(x->r, x->o) : NULL;
    struct convert how = {.strict = false};
    const ProtobufCMessage *msg;
    struct subject subject = {0};

    if (writer == NULL)
        return 0; /* no type of these: nothing to be said */
    if (why != NULL)
        return refuse(x, why);
    if (!take_header(x))
        return 0;
    if (!x->item->entry) /* RETRACT: whatever its body says */
        return 1;
    msg = open_body(x, type);
    if (msg == NULL || type->subject(msg, &subject) != 0)
        return 0;
    name_of(type->name, span_str(x->item->drill ? "drill" : "real"), span_str(subject.key), x->item->key);
    if (make_cap(x, type, msg, writer) == 0 || buf_failed(x->cap))
        return 0;
    if (registry_read(buf_span(x->cap), "cap", &how, take_alert, x, x->why) != 0)
        return 0;
    if (strcmp(value_text(x->r->root, "kind"), "CANCEL") == 0 && !x->cancels)
        x->item->entry = false; /* its CAP does not say that it is cancelled */
    return 1;
}

int
item_read(const struct line_record *r, const struct item_options *o, struct item *out, struct buf *cap,
          struct why *why)
{
    struct reading x = {.r = r, .o = o, .item = out, .cap = cap, .why = why};
    int rc;

    memset(out, 0, sizeof *out);
    buf_clear(cap);
    arena_init(&x.arena, LIMIT_ARENA_BODY_BYTES);
    rc = read_item(&x);
    if (rc == 0 || !out->entry)
        buf_clear(cap);
    if (x.arena.failed || buf_failed(cap))
        rc = -1;
    arena_release(&x.arena);
    return rc;
}

bool
item_is_newer(const struct item *a, const struct item *b)
{
    int order = utc_compare(a->epoch, b->epoch);

    if (order == 0)
        order = utc_compare(a->created, b->created);
    return order != 0 ? order > 0 : strcmp(a->id, b->id) > 0;
}

bool
item_is_replaced(const struct item *a, const struct item *by)
{
    static const uint8_t none[HASH_BYTES];

    if (a == by || strcmp(a->origin, by->origin) != 0 || a->drill != by->drill)
        return false;
    if (memcmp(a->key, by->key, HASH_BYTES) == 0 && memcmp(a->key, none, HASH_BYTES) != 0 &&
        item_is_newer(by, a))
        return true;
    if (utc_compare(by->created, a->created) < 0)
        return false; /* nothing withdraws what came after it */
    for (size_t i = 0; i < by->refs_n; i++) {
        if (memcmp(by->refs[i], a->name[0], HASH_BYTES) == 0 ||
            (memcmp(by->refs[i], a->name[1], HASH_BYTES) == 0))
            return true;
    }
    return false;
}
