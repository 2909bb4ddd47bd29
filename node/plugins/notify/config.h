/* Who is told, how and when: notify.yaml (notify.md). No I/O but reading it and the files of secrets that it names. */
#ifndef PLUGINS_NOTIFY_CONFIG_H
#define PLUGINS_NOTIFY_CONFIG_H

#include "plugins/settings.h"

#define CONFIG_RECIPIENTS_MAX 16
#define CONFIG_SECRET_MAX     256

struct recipient {
    const char *name;
    const char *mail, *hook;  /* an address, or a URL: one of them; the other is "" */
    const char *modes;        /* with blanks between */
    const char *breaks;       /* level from which on quiet hours do not hold */
    const char *quiet;        /* "22:00-07:00", or "" */
    const char *secret_file;  /* of the hook */
    int64_t after_s;          /* without a receipt for so long after the alert came; 0: at once */
    int64_t gap_s;            /* between two messages */
    int64_t utc_offset_min;   /* of the quiet hours */
    int quiet_from, quiet_to; /* minutes of the day; the same: none */
    char secret[CONFIG_SECRET_MAX];
};

struct config {
    const char *smtp, *from, *user, *password_file, *ca, *levels, *receipts_from;
    bool tls;
    int64_t ttl_s, retry_s, timeout_s, age_s;
    const struct yaml_node *list;
    char password[CONFIG_SECRET_MAX];
    struct recipient recipient[CONFIG_RECIPIENTS_MAX];
    size_t n;
};

/* Read ${path} into ${c}, whose texts live in ${s}. 0, or -1 with ${why} at its line and column. */
int config_read(struct config *c, struct settings *s, const char *path, struct why *why);

/* Is ${word} one of ${list} with blanks between? */
bool config_lists(const char *list, const char *word);

/* May ${r} be told now, ${now_s} (POSIX), of an alert of ${level}? A level that `levels` does not name counts as the highest. Pure. */
bool config_is_quiet(const struct config *c, const struct recipient *r, const char *level, int64_t now_s);

/* The place of ${level} among `levels`, the lowest first; INT_MAX where it is not named. Pure. */
int config_rank(const struct config *c, const char *level);

#endif
