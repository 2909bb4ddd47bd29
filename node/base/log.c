/* Any thread may log. This file alone in base keeps state: who speaks, the level, and the count of each
 * event. */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/limit.h"
#include "base/text.h"
#include "base/utc.h"

#define LOG_BURST                                                                                            \
    50 /* lines of one event in one second: a reader keeps up, a flood of frames fills no disk */

struct meter {
    int64_t second; /* monotonic */
    unsigned lines; /* printed in that second */
    unsigned long dropped;
};

static const struct log_event_info infos[EV_COUNT] = {
#define EVENT(name, level, fields, text) {#name, LOG_##level, fields, text},
#include "base/log.tbl"
#undef EVENT
};

static const char *const level_names[] = {"ERROR", "WARN", "INFO", "DEBUG"};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct meter meters[EV_COUNT];
static char speaker[32] = "-";
static enum log_level level_max = LOG_INFO;

const struct log_event_info *
log_event_info(enum log_event event)
{
    return (unsigned)event < EV_COUNT ? &infos[event] : NULL;
}

void
log_start(const char *role, enum log_level level)
{
    (void)pthread_mutex_lock(&lock);
    (void)snprintf(speaker, sizeof speaker, "%s", role);
    level_max = level;
    (void)pthread_mutex_unlock(&lock);
}

/* Callers quote; this keeps one event on one line even if one of them forgot. */
static size_t
clean(char *line, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    while ((at += text_utf8_prefix(span_of(line + at, n - at))) < n)
        line[at] = '?';
    return n;
}

/* May ${meter} print now? Counts what it may not. */
static bool
admit(struct meter *meter)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (meter->second != (int64_t)now.tv_sec) {
        meter->second = (int64_t)now.tv_sec;
        meter->lines = 0;
    }
    if (meter->lines >= LOG_BURST) {
        meter->dropped++;
        return false;
    }
    meter->lines++;
    return true;
}

/* The length of a text that snprintf() wanted to be ${n} long in ${room} bytes. */
static size_t
fitted(int n, size_t room)
{
    if (n < 0)
        return 0;
    return (size_t)n < room ? (size_t)n : room - 1;
}

static void print(const struct log_event_info *info, struct meter *meter, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/* One write(2): lines of several roles share a pipe and must not mix. */
static void
print(const struct log_event_info *info, struct meter *meter, const char *fmt, va_list args)
{
    char line[LIMIT_LOG_LINE_BYTES];
    const size_t room = sizeof line - 40; /* for what follows the fields */
    char stamp[UTC_TEXT_MAX];
    struct timespec now;
    size_t n;
    int wanted;
    ssize_t written;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    utc_print(utc_from_unix((int64_t)now.tv_sec, (int64_t)now.tv_nsec), 3, stamp);
    n = fitted(snprintf(line, room, "%s %s %s %s", stamp, level_names[info->level], speaker, info->name),
               room);
    if (fmt[0] != 0 && n + 1 < room) {
        line[n++] = ' ';
        wanted = vsnprintf(line + n, room - n, fmt, args);
        if (wanted >= 0 && (size_t)wanted >= room - n)
            n = clean(line, room - 1) + fitted(snprintf(line + room - 1, 4, "..."), 4);
        else
            n = clean(line, n + fitted(wanted, room - n));
    }
    if (meter->dropped > 0)
        n += fitted(snprintf(line + n, sizeof line - n - 1, " dropped=%lu", meter->dropped),
                    sizeof line - n - 1);
    line[n++] = '\n';
    do
        written = write(STDERR_FILENO, line, n);
    while (written < 0 && errno == EINTR);
    meter->dropped = written < 0 ? meter->dropped + 1 : 0;
}

void
log_event(enum log_event event, const char *fmt, ...)
{
    int saved = errno;
    va_list args;

    if ((unsigned)event >= EV_COUNT)
        return;
    (void)pthread_mutex_lock(&lock);
    if (infos[event].level <= level_max && admit(&meters[event])) {
        va_start(args, fmt);
        print(&infos[event], &meters[event], fmt, args);
        va_end(args);
    }
    (void)pthread_mutex_unlock(&lock);
    errno = saved;
}
