#include "plugins/mqtt/notice.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"

#define UUID_BYTES 16

/* One level of a topic: what would be a wildcard or another level is no part of it. */
static void
put_level(struct buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '_';
        if (*p >= 'A' && *p <= 'Z')
            buf_put_byte(out, (uint8_t)(*p - 'A' + 'a'));
        else
            buf_put_byte(out, plain ? (uint8_t)*p : '_');
    }
}

static int
put_topic(const struct notice_options *o, const struct line_record *r, char topic[NOTICE_TOPIC_MAX])
{
    const char *mode = value_text(r->root, "mode");
    struct buf out;

    buf_init_fixed(&out, topic, NOTICE_TOPIC_MAX);
    buf_put_str(&out, o->topic);
    buf_put_byte(&out, '/');
    put_level(&out, o->centre);
    buf_put_byte(&out, '/');
    put_level(&out, mode[0] != '\0' ? mode : "other");
    buf_put_byte(&out, '/');
    put_level(&out, r->body != NULL ? value_text(r->root, "type") : "other");
    (void)buf_cstr(&out);
    return buf_failed(&out) ? -1 : 0;
}

/* The same record has the same one, whoever makes it and however often: RFC 9562 section 5.5, name space URL. */
static int
put_uuid(struct buf *out, const char *id, bool whole)
{
    static const uint8_t space[UUID_BYTES] = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
                                              0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
    uint8_t hash[EVP_MAX_MD_SIZE];
    struct buf name;
    int rc;

    buf_init(&name, LIMIT_PLUGIN_LINE_BYTES);
    buf_put(&name, space, sizeof space);
    buf_put_str(&name, "parallax:record/");
    buf_put_str(&name, id);
    buf_put_str(&name, whole ? "" : "#header");
    rc = !buf_failed(&name) && EVP_Digest(name.p, name.n, hash, NULL, EVP_sha1(), NULL) == 1 ? 0 : -1;
    buf_release(&name);
    if (rc != 0)
        return -1;
    hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x50);
    hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < UUID_BYTES; i++)
        buf_put_fmt(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", hash[i]);
    return 0;
}

static bool
is_listed(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = list; n > 0 && (at = strstr(at, word)) != NULL; at += n) {
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    }
    return false;
}

/* RFC 7946: longitude first, -180 to 180. */
static void
put_geometry(const struct notice_options *o, const struct line_record *r, struct buf *out)
{
    double latitude, longitude;

    buf_put_str(out, ",\"geometry\":");
    if (!is_listed(o->places, value_text(r->root, "type")) ||
        value_double(r->body, "latitude_deg", &latitude) != 0 ||
        value_double(r->body, "longitude_deg", &longitude) != 0 || latitude < -90 || latitude > 90 ||
        longitude < -180 || longitude > 360) {
        buf_put_str(out, "null");
        return;
    }
    buf_put_fmt(out, "{\"type\":\"Point\",\"coordinates\":[%.9g,%.9g]}",
                longitude > 180 ? longitude - 360 : longitude, latitude);
}

static void
put_member(struct buf *out, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_put_fmt(out, ",\"%s\":", name);
    text_json(out, span_str(text));
}

static int
put_hash(struct buf *out, struct span content)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned n;

    if (EVP_Digest(content.p, content.n, hash, &n, EVP_sha512(), NULL) != 1)
        return -1;
    buf_put_str(out, ",\"integrity\":{\"method\":\"sha512\",\"value\":\"");
    text_base64(out, span_of(hash, n));
    buf_put_str(out, "\"}");
    return 0;
}

static void
put_objects(struct buf *out, const struct value *list)
{
    if (list == NULL)
        return;
    buf_put_str(out, ",\"objects\":[");
    for (const struct value *one = list->first; one != NULL; one = one->next) {
        if (one != list->first)
            buf_put_byte(out, ',');
        text_json(out, one->text);
    }
    buf_put_byte(out, ']');
}

static int
put_properties(const struct notice_options *o, const struct line_record *r, struct utc now,
               struct span content, bool whole, struct buf *out)
{
    static const char *const names[] = {"origin", "series", "type", "mode", "kind", "body_sha256"};
    const char *epoch = value_text(r->root, "epoch");
    char text[UTC_TEXT_MAX];

    utc_print(now, 3, text);
    buf_put_str(out, ",\"properties\":{\"data_id\":");
    text_json(out, span_str(value_text(r->root, "id")));
    put_member(out, "pubtime", text);
    if (epoch[0] != '\0')
        put_member(out, "datetime", epoch);
    else
        buf_put_str(out, ",\"datetime\":null");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        put_member(out, names[i], value_text(r->root, names[i]));
    put_objects(out, value_get(r->root, "objects"));
    buf_put_fmt(out, ",\"cursor\":\"%s:%" PRIu64 "\"", r->incarnation, r->number);
    if (put_hash(out, content) != 0)
        return -1;
    if (whole && content.n <= (size_t)o->inline_bytes) {
        buf_put_fmt(out, ",\"content\":{\"encoding\":\"utf-8\",\"size\":%zu,\"value\":", content.n);
        text_json(out, content);
        buf_put_byte(out, '}');
    }
    buf_put_byte(out, '}');
    return 0;
}

static void
put_links(const struct notice_options *o, const char *id, size_t content_bytes, struct buf *out)
{
    const char *at = strstr(o->link, "{id}");
    struct buf url;

    buf_put_str(out, ",\"links\":[");
    if (o->link[0] != '\0') {
        buf_init(&url, LIMIT_PLUGIN_LINE_BYTES);
        buf_put(&url, o->link, at != NULL ? (size_t)(at - o->link) : strlen(o->link));
        if (at != NULL) {
            buf_put_str(&url, id);
            buf_put_str(&url, at + strlen("{id}"));
        }
        buf_put_str(out, "{\"rel\":\"canonical\",\"type\":\"application/json\",\"href\":");
        text_json(out, buf_span(&url));
        buf_put_fmt(out, ",\"length\":%zu}", content_bytes);
        buf_release(&url);
    }
    buf_put_byte(out, ']');
}

int
notice_write(const struct notice_options *o, const struct line_record *r, struct utc now, bool whole,
             char topic[NOTICE_TOPIC_MAX], struct buf *out)
{
    const char *id = value_text(r->root, "id");
    struct buf content;
    int rc;

    buf_clear(out);
    buf_init(&content, LIMIT_PLUGIN_LINE_BYTES);
    rc = line_put_record(r, &content);
    if (rc == 0 && (buf_failed(&content) || put_topic(o, r, topic) != 0))
        rc = -1;
    buf_put_str(out, "{\"id\":\"");
    if (rc == 0)
        rc = put_uuid(out, id, r->body != NULL);
    buf_put_str(out, "\",\"conformsTo\":[\"http://wis.wmo.int/spec/wnm/1/conf/core\"],\"type\":\"Feature\"");
    put_geometry(o, r, out);
    if (rc == 0)
        rc = put_properties(o, r, now, buf_span(&content), whole, out);
    put_links(o, id, content.n, out);
    buf_put_byte(out, '}');
    buf_release(&content);
    return rc == 0 && !buf_failed(out) ? 0 : -1;
}
