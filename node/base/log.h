/*
 * The event log: named, documented, append-only events (log.tbl) as one line of key=value text each on standard
 * error: `2026-11-24T06:51:18.123Z INFO gate link_up peer=fr-cnes lane=bulk`. Tests wait on them. Untrusted text
 * goes through text_quote. Each event is limited to LOG_BURST lines a second; what was dropped is counted in the
 * next line (`dropped=`).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum log_event {
#define EVENT(name, level, fields, text) EV_##name,
#include "base/log.tbl"
#undef EVENT
    EV_COUNT
};

struct log_event_info {
    const char *name;
    enum log_level level;
    const char *fields;
    const char *text;
};
const struct log_event_info *log_event_info(enum log_event event);

/* Name the role that speaks ("core"), and the least urgent level that is printed. Called once, at start. */
void log_start(const char *role, enum log_level level);

/* Print one event. ${fmt} gives `key=value` pairs; untrusted values must be quoted. */
void log_event(enum log_event event, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
