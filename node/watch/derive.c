#include "watch/derive.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/record.h"
#include "crypt/hash.h"
#include "types/registry.h"
#include "watch/overlap.h"

#define HASH_DIGITS 16

void
derive_id(const char *rule, const char *type, const char *key, char out[DERIVE_ID_BYTES])
{
    uint8_t hash[HASH_BYTES];
    size_t n = (size_t)snprintf(out, DERIVE_ID_BYTES, "%s %s %s", rule, type, key);

    if (n < DERIVE_ID_BYTES)
        return;
    hash_sha256(span_str(key), hash);
    n = DERIVE_ID_BYTES - HASH_DIGITS - 2;
    out[n] = 0;
    n = text_utf8_prefix(span_str(out));
    out[n++] = '#';
    for (size_t i = 0; i < HASH_DIGITS / 2; i++)
        n += (size_t)snprintf(out + n, DERIVE_ID_BYTES - n, "%02x", hash[i]);
}

static bool
is_up(const Parallax__V1__Alert *alert)
{
    return alert != NULL && strcmp(alert->state, "CANCELLED") != 0;
}

/* "us-noaa: overlap 1 (...) >= 1; ...": the name of the first figure. */
static bool
begins_with_one_of(const char *values, const char *const *names)
{
    const char *at = strstr(values, ": ");

    for (size_t i = 0; at != NULL && names[i] != NULL; i++) {
        size_t n = strlen(names[i]);

        if (strncmp(at + 2, names[i], n) == 0 && at[2 + n] == ' ')
            return true;
    }
    return false;
}

bool
derive_is_of(const Parallax__V1__Alert *alert, enum rule_relation relation)
{
    bool is_two = strstr(alert->about, DERIVE_AND) != NULL;
    bool overlaps = begins_with_one_of(alert->values, overlap_figure_names);
    bool passes = false;

    for (size_t i = 0; territory_figure_names[i] != NULL; i++)
        passes = passes || strstr(alert->values, territory_figure_names[i]) != NULL;
    switch (relation) {
    case RULE_PAIR:
        return is_two && (overlaps || strstr(alert->values, ": ") == NULL);
    case RULE_TERRITORY:
        return strstr(alert->about, DERIVE_OVER) != NULL;
    case RULE_ALONE:
        return !(is_two && overlaps) && !(passes && strstr(alert->about, DERIVE_OVER) != NULL);
    }
    return true;
}

void
derive_prior(const Parallax__V1__Alert *alert, struct judge_prior *out)
{
    *out = (struct judge_prior){.level = "", .origins = "", .values = "", .version = ""};
    if (!is_up(alert))
        return;
    *out = (struct judge_prior){.is_up = true,
                                .overridden = strcmp(alert->overridden, "YES") == 0,
                                .level = alert->level,
                                .origins = alert->origins,
                                .values = alert->values,
                                .version = alert->rule_version};
}

static char *
copy(struct arena *a, const char *text)
{
    return arena_strdup(a, span_str(text));
}

/* Later than the alert before, whatever the clock says: the later one replaces the earlier. */
static void
put_times(Parallax__V1__Alert *out, const Parallax__V1__Alert *prior, struct utc now, struct arena *a)
{
    char text[UTC_TEXT_MAX];
    struct utc before;

    if (prior != NULL && utc_parse(span_str(prior->issued), &before) == 0 && utc_compare(now, before) <= 0)
        now = utc_add_ns(before, 1000000);
    utc_print(now, 3, text);
    out->issued = copy(a, text);
    out->since = is_up(prior) ? copy(a, prior->since) : out->issued;
}

/* Their ids, as many as fit; the header refers to them, too. */
static char *
put_inputs(const struct derive *d, const struct judge_result *r, struct arena *a)
{
    char out[LIMIT_TEXT_BYTES + 1] = "";
    size_t at = 0;

    /* Whose figures count first. */
    for (int is_counting = 1; is_counting >= 0; is_counting--) {
        for (size_t i = 0; i < d->inputs; i++) {
            if ((r->reached[d->of != NULL ? d->of[i] : i] > 0) != (is_counting == 1) ||
                at + RECORD_ID_TEXT_MAX + 1 > sizeof out)
                continue;
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%.55s", at > 0 ? " " : "", d->input[i]);
        }
    }
    return copy(a, out);
}

static char *
put_headline(const struct derive *d, const struct judge_result *r, struct arena *a)
{
    char out[640];
    bool is_over = r->state == JUDGE_CANCELLED;
    const char *name = d->name;

    if (name == NULL)
        name = d->subject->object[0][0] != 0 ? d->subject->object[0] : d->subject->key;
    (void)snprintf(out, sizeof out, "%s: %.199s: %.255s",
                   is_over ? "over" : d->rule->level[r->level - 1].name,
                   d->rule->title[0] != 0 ? d->rule->title : d->rule->id, name);
    if (d->name == NULL && d->subject->object[0][0] != 0 && d->subject->object[1][0] != 0)
        (void)snprintf(out + strlen(out), sizeof out - strlen(out), " and %.63s", d->subject->object[1]);
    return copy(a, out);
}

Parallax__V1__Source *
derive_source(const char *type_name, const char *format, const ProtobufCMessage *msg, struct arena *a)
{
    const struct type *type = registry_type_cstr(type_name);
    Parallax__V1__Source *source = arena_alloc(a, sizeof *source);
    struct buf json;

    if (source == NULL || a->failed)
        return NULL;
    parallax__v1__source__init(source);
    buf_init(&json, type->body_max);
    type->json(msg, &json);
    source->format = copy(a, format);
    source->original.len = json.n;
    source->original.data = arena_alloc(a, json.n);
    if (source->original.data != NULL && !buf_failed(&json))
        memcpy(source->original.data, json.p, json.n);
    if (buf_failed(&json))
        source = NULL;
    buf_release(&json);
    return a->failed ? NULL : source;
}

static Parallax__V1__Alert *
put_source(Parallax__V1__Alert *out, struct arena *a)
{
    out->source = derive_source(DERIVE_TYPE, DERIVE_TYPE "-json", &out->base, a);
    return out->source == NULL ? NULL : out;
}

Parallax__V1__Alert *
derive_alert(const struct derive *d, const struct judge_result *r, const Parallax__V1__Alert *prior,
             struct arena *a)
{
    Parallax__V1__Alert *out = arena_alloc(a, sizeof *out);
    const char *key = d->key != NULL ? d->key : d->subject->key;
    char id[DERIVE_ID_BYTES];

    if (out == NULL)
        return NULL;
    parallax__v1__alert__init(out);
    derive_id(d->rule->id, d->type->name, key, id);
    out->notice = copy(a, "ALERT/1");
    out->id = copy(a, id);
    out->rule = copy(a, d->rule->id);
    out->rule_version = copy(a, d->rule->version);
    out->overridden = copy(a, d->rule->overridden ? "YES" : "NO");
    out->state = copy(a, judge_state_name(r->state));
    out->level = copy(a, r->level > 0 ? d->rule->level[r->level - 1].name : "NONE");
    out->about_type = copy(a, d->type->name);
    out->about = copy(a, key);
    out->object = copy(a, d->subject->object[0]);
    out->second_object = copy(a, d->subject->object[1]);
    out->headline = put_headline(d, r, a);
    out->values = copy(a, r->values);
    out->inputs = put_inputs(d, r, a);
    out->origins = copy(a, r->origins);
    put_times(out, prior, d->now, a);
    return put_source(out, a);
}

Parallax__V1__Alert *
derive_end(const Parallax__V1__Alert *prior, struct utc now, struct arena *a)
{
    Parallax__V1__Alert *out = arena_alloc(a, sizeof *out);
    char headline[LIMIT_TEXT_BYTES];

    if (out == NULL)
        return NULL;
    *out = *prior;
    out->n_extras = 0;
    out->state = copy(a, judge_state_name(JUDGE_CANCELLED));
    out->level = copy(a, "NONE");
    (void)snprintf(headline, sizeof headline, "over: the rule %.*s is in force no longer: %.127s",
                   RULE_WORD_BYTES, prior->rule, prior->object[0] != 0 ? prior->object : prior->about);
    out->headline = copy(a, headline);
    out->values = copy(a, "the rule is in force no longer");
    out->origins = copy(a, "");
    put_times(out, prior, now, a);
    return put_source(out, a);
}

void
derive_key(const Parallax__V1__Alert *alert, int mode, const char *before, uint8_t out[DERIVE_KEY_BYTES])
{
    const char *const parts[] = {alert->id,    alert->rule_version, alert->overridden, alert->state,
                                 alert->level, alert->values,       alert->inputs,     before};
    struct buf text;

    buf_init(&text, 8 * LIMIT_TEXT_BYTES);
    buf_put_fmt(&text, "%d", mode);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_put_byte(&text, 0);
        buf_put_str(&text, parts[i]);
    }
    hash_sha256(buf_span(&text), out);
    buf_release(&text);
}
