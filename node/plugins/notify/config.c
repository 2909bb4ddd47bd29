#include "plugins/notify/config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"

#define DAY_MIN     1440
#define MAIL_GAP_S  30
#define ADDRESS_MAX 254 /* RFC 5321 section 4.5.3.1.3 */
#define URL_MAX     1000

#define LEVELS                                                                                               \
    "NONE NOTE MONITOR ATTENTION GREEN R3 S3 G3 ABOVE-BACKGROUND YELLOW R4 S4 G4 WARNING MITIGATION ORANGE " \
    "R5 S5 G5 DISTRESS EMERGENCY RED"

#define AT(member) offsetof(struct config, member)

static const struct setting top[] = {
    {"smtp", SETTING_TEXT, AT(smtp), "", 0, 0},
    {"tls", SETTING_FLAG, AT(tls), "true", 0, 0},
    {"ca", SETTING_TEXT, AT(ca), "/etc/ssl/certs/ca-certificates.crt", 0, 0},
    {"from", SETTING_TEXT, AT(from), "", 0, 0},
    {"user", SETTING_TEXT, AT(user), "", 0, 0},
    {"password_file", SETTING_TEXT, AT(password_file), "", 0, 0},
    {"levels", SETTING_TEXT, AT(levels), LEVELS, 0, 0},
    {"receipts_from", SETTING_TEXT, AT(receipts_from), "", 0, 0},
    {"ttl_s", SETTING_NUMBER, AT(ttl_s), "3000", 1, 86400},
    {"retry_s", SETTING_NUMBER, AT(retry_s), "5", 1, 300},
    {"timeout_s", SETTING_NUMBER, AT(timeout_s), "30", 1, 300},
    {"age_s", SETTING_NUMBER, AT(age_s), "86400", 60, 31536000},
    {"recipients", SETTING_LIST, AT(list), NULL, 0, 0},
};

#undef AT
#define AT(member) offsetof(struct recipient, member)

static const struct setting each[] = {
    {"name", SETTING_WORD, AT(name), NULL, 0, 0},
    {"mail", SETTING_TEXT, AT(mail), "", 0, 0},
    {"webhook", SETTING_TEXT, AT(hook), "", 0, 0},
    {"secret_file", SETTING_TEXT, AT(secret_file), "", 0, 0},
    {"modes", SETTING_TEXT, AT(modes), "REAL", 0, 0},
    {"after_s", SETTING_NUMBER, AT(after_s), "0", 0, 604800},
    {"gap_s", SETTING_NUMBER, AT(gap_s), "-1", -1, 86400},
    {"quiet", SETTING_TEXT, AT(quiet), "", 0, 0},
    {"utc_offset_min", SETTING_NUMBER, AT(utc_offset_min), "0", -840, 840},
    {"break_through", SETTING_TEXT, AT(breaks), "MITIGATION", 0, 0},
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

bool
config_lists(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = list; n > 0 && (at = strstr(at, word)) != NULL; at += n) {
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    }
    return false;
}

int
config_rank(const struct config *c, const char *level)
{
    int rank = 0;

    for (const char *at = c->levels; *at != '\0'; rank++) {
        size_t n = strcspn(at, " ");
        if (n > 0 && n == strlen(level) && memcmp(at, level, n) == 0)
            return rank;
        at += n + strspn(at + n, " ");
    }
    return INT_MAX;
}

bool
config_is_quiet(const struct config *c, const struct recipient *r, const char *level, int64_t now_s)
{
    int minute = (int)((now_s / 60 + r->utc_offset_min) % DAY_MIN);
    bool within = r->quiet_from <= r->quiet_to ? minute >= r->quiet_from && minute < r->quiet_to
                                               : minute >= r->quiet_from || minute < r->quiet_to;

    return within && config_rank(c, level) < config_rank(c, r->breaks);
}

/* "22:00-07:00". 0 or -1. */
static int
take_hours(struct recipient *r)
{
    uint64_t part[4];

    if (r->quiet[0] == '\0')
        return 0;
    if (strlen(r->quiet) != 11 || r->quiet[2] != ':' || r->quiet[5] != '-' || r->quiet[8] != ':')
        return -1;
    for (size_t i = 0; i < 4; i++) {
        if (num_uint(span_of(r->quiet + 3 * i, 2), i % 2 == 0 ? 23 : 59, &part[i]) != 0)
            return -1;
    }
    r->quiet_from = (int)(part[0] * 60 + part[1]);
    r->quiet_to = (int)(part[2] * 60 + part[3]);
    return 0;
}

/* A plain address: no quotes, brackets or names, so that it can stand in a header and in a command as it is. */
static bool
is_address(const char *text)
{
    const char *at = strchr(text, '@');

    for (const char *p = text; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || strchr("<>()[],;:\\\"", *p) != NULL)
            return false;
    }
    return at != NULL && at != text && at[1] != '\0' && strchr(at + 1, '@') == NULL && text[0] != '-' &&
           strlen(text) <= ADDRESS_MAX;
}

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A URL without a user: what is in it may be said. */
static bool
is_url(const char *text, const char *scheme)
{
    return begins(text, scheme) && text[strlen(scheme)] != '\0' && strchr(text, '@') == NULL &&
           text_is_printable(span_str(text)) && strchr(text, ' ') == NULL && strlen(text) <= URL_MAX;
}

/* The first line of ${path}. */
static int
take_secret(const char *path, const char *field, char out[CONFIG_SECRET_MAX], struct why *why)
{
    struct buf text;
    size_t n;
    int rc;

    buf_init(&text, CONFIG_SECRET_MAX - 1);
    rc = file_read(path, &text);
    if (rc != 0)
        (void)why_set(why, WHY_CONF_VALUE, 0, 0, field, "%.200s cannot be read: %s", path, strerror(errno));
    n = rc == 0 ? strcspn(buf_cstr(&text), "\r\n") : 0;
    if (rc == 0 && n == 0)
        rc = why_set(why, WHY_CONF_VALUE, 0, 0, field, "%.200s: expected a secret in its first line", path);
    if (rc == 0)
        memcpy(out, text.p, n);
    out[n] = '\0';
    if (text.p != NULL)
        explicit_bzero(text.p, text.n);
    buf_release(&text);
    return rc;
}

static int
check_top(struct config *c, struct why *why)
{
    const char *node = getenv("PARALLAX_NAME");

    if (c->receipts_from[0] == '\0')
        c->receipts_from = node != NULL ? node : "";
    if (c->smtp[0] != '\0' && !is_url(c->smtp, "smtp://") && !is_url(c->smtp, "smtps://"))
        return why_set(why, WHY_CONF_VALUE, 0, 0, "smtp", "expected smtp:// or smtps:// and a host");
    if (c->smtp[0] != '\0' && !is_address(c->from))
        return why_set(why, WHY_CONF_VALUE, 0, 0, "from", "expected an address, user@example.org");
    if (c->user[0] != '\0' && !c->tls && begins(c->smtp, "smtp://"))
        return why_set(why, WHY_CONF_VALUE, 0, 0, "tls", "expected true: a password does not go in clear");
    if (c->user[0] == '\0')
        return 0;
    return take_secret(c->password_file, "password_file", c->password, why);
}

static int
check_recipient(const struct config *c, struct recipient *r, const struct yaml_node *map, struct why *why)
{
    bool local = is_url(r->hook, "http://127.0.0.1:") || is_url(r->hook, "http://127.0.0.1/");

    if ((r->mail[0] != '\0') == (r->hook[0] != '\0'))
        return why_set(why, WHY_CONF_VALUE, map->line, map->column, r->name,
                       "expected `mail` or `webhook`, one of them");
    if (r->mail[0] != '\0' && !is_address(r->mail))
        return yaml_fail(yaml_get(map, "mail"), WHY_CONF_VALUE, why, "expected an address, user@example.org");
    if (r->mail[0] != '\0' && c->smtp[0] == '\0')
        return yaml_fail(yaml_get(map, "mail"), WHY_CONF_VALUE, why, "expected `smtp` to be given, too");
    if (r->hook[0] != '\0' && !local && !is_url(r->hook, "https://"))
        return yaml_fail(yaml_get(map, "webhook"), WHY_CONF_VALUE, why,
                         "expected https:// (http:// for 127.0.0.1 only) and a host, without a user");
    if (r->gap_s < 0)
        r->gap_s = r->mail[0] != '\0' ? MAIL_GAP_S : 0;
    if (take_hours(r) != 0)
        return yaml_fail(yaml_get(map, "quiet"), WHY_CONF_VALUE, why, "expected hours, 22:00-07:00");
    if (config_rank(c, r->breaks) == INT_MAX)
        return why_set(why, WHY_CONF_VALUE, map->line, map->column, "break_through",
                       "expected one of `levels`: %s", c->levels);
    for (const char *at = r->modes; *at != '\0';) {
        char word[16] = "";
        size_t n = strcspn(at, " ");
        memcpy(word, at, n < sizeof word ? n : 0);
        if (n > 0 && !config_lists("REAL EXERCISE TEST SIMULATED", word))
            return yaml_fail(yaml_get(map, "modes"), WHY_CONF_VALUE, why,
                             "expected REAL, EXERCISE, TEST or SIMULATED with blanks between");
        at += n + strspn(at + n, " ");
    }
    if (r->hook[0] == '\0')
        return 0;
    return take_secret(r->secret_file, "secret_file", r->secret, why);
}

int
config_read(struct config *c, struct settings *s, const char *path, struct why *why)
{
    if (settings_read(s, path, top, COUNT(top), c, why) != 0 || check_top(c, why) != 0)
        return -1;
    for (const struct yaml_node *one = c->list->first; one != NULL; one = one->next) {
        struct recipient *r = &c->recipient[c->n];
        if (c->n == CONFIG_RECIPIENTS_MAX)
            return why_set(why, WHY_CONF_VALUE, one->line, one->column, "recipients",
                           "expected at most %d recipients", CONFIG_RECIPIENTS_MAX);
        if (yaml_expect(one, YAML_MAPPING, why) != 0 || settings_take(one, each, COUNT(each), r, why) != 0 ||
            check_recipient(c, r, one, why) != 0)
            return -1;
        for (size_t i = 0; i < c->n; i++) {
            if (strcmp(c->recipient[i].name, r->name) == 0)
                return why_set(why, WHY_FIELD_DUPLICATE, one->line, one->column, "name",
                               "two recipients of one name");
        }
        c->n++;
    }
    return c->n > 0 ? 0
                    : why_set(why, WHY_CONF_VALUE, c->list->line, c->list->column, "recipients",
                              "expected at least one");
}
