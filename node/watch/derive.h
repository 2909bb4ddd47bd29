/* From what was judged to the alert that a node publishes, and back. Pure: the time is given. */
#ifndef WATCH_DERIVE_H
#define WATCH_DERIVE_H

#include "alert.pb-c.h"
#include "base/arena.h"
#include "watch/judge.h"

#define DERIVE_TYPE      "alert" /* record type of an alert by a rule */
#define DERIVE_ID_BYTES  128
#define DERIVE_KEY_BYTES 32

/* What the alert is about, and from which records. */
struct derive {
    const struct rule *rule;
    const struct type *type;
    const struct subject *subject;
    const char *key;          /* what it is about; NULL: the subject's key */
    const char *name;         /* the same for people; NULL: the subject's objects, or its key */
    const char *const *input; /* record ids */
    const size_t *of;         /* the view that each belongs to; NULL: one a view */
    size_t inputs;
    int mode;
    struct utc now;
};

#define DERIVE_AND  " and "  /* between the labels of a pair */
#define DERIVE_OVER " over " /* between subject and territory */

/* "neo-iawn neo_risk 2031AQ7@sentry": the id of the alert, and its subject key; cut with a hash where it would be longer. */
void derive_id(const char *rule, const char *type, const char *key, char out[DERIVE_ID_BYTES]);

/*
 * Can a rule of ${relation} have made ${alert}? A rule may have got another relation under the same id. By what the alert is about and the figures that it names; true where that cannot
 * be told.
 */
bool derive_is_of(const Parallax__V1__Alert *alert, enum rule_relation relation);

/* What ${alert} says; NULL: there is none. ${alert} outlives ${out}. */
void derive_prior(const Parallax__V1__Alert *alert, struct judge_prior *out);

/* The alert, in ${a}; NULL when that is full. ${prior} may be NULL. */
Parallax__V1__Alert *derive_alert(const struct derive *d, const struct judge_result *r,
                                  const Parallax__V1__Alert *prior, struct arena *a);
/* The end of an alert whose rule is in force no longer. */
Parallax__V1__Alert *derive_end(const Parallax__V1__Alert *prior, struct utc now, struct arena *a);

/* The bytes that a record was read from: of one that was derived, its canonical JSON. In ${a}; NULL when that is full. */
Parallax__V1__Source *derive_source(const char *type_name, const char *format, const ProtobufCMessage *msg,
                                    struct arena *a);

/*
 * The idempotency key: of the alert without its times, the mode, and the alert before (its record id, "" = none). What is tried again gets the same;
 * what is raised again after it was cancelled does not.
 */
void derive_key(const Parallax__V1__Alert *alert, int mode, const char *before,
                uint8_t out[DERIVE_KEY_BYTES]);

#endif
