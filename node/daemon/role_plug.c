/* The plug role: one thread that starts plugins, gives them records and limits them. No keys, no store, and of the node's sockets the api only. */
#include "base/log.h"
#include "base/mem.h"
#include "daemon/role.h"
#include "plug/confine.h"
#include "plug/pump.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPORT_MS      500   /* at most so often, when something changed */
#define REPORT_IDLE_MS 10000 /* and at least so often */
#define SCAN_MS        20    /* after a change in the folder: an editor makes several */
#define FIXED_FDS      3

struct plug {
    struct pump_place place;
    struct pump *pump[LIMIT_PLUGIN_COUNT];
    size_t n;
    int signals, watch;
    bool network;         /* this role confined itself so that plugins may use it */
    bool stopping, again; /* again: another confinement is needed */
    bool too_many;
    int64_t scan_ms, report_ms; /* monotonic, when due; 0 = not */
    int64_t reported_ms;
    struct feed report;
    struct buf said; /* the report that core has, packed */
};

static struct pump_now
now(void)
{
    struct timespec mono, wall;

    clock_gettime(CLOCK_MONOTONIC, &mono);
    clock_gettime(CLOCK_REALTIME, &wall);
    return (struct pump_now){(int64_t)mono.tv_sec * 1000 + mono.tv_nsec / 1000000,
                             (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000};
}

/* "warn.yaml" ends in ".yaml": its name goes to ${name}. */
static bool
is_named(const char *file, const char *end, char name[STANZA_NAME_MAX + 1])
{
    size_t n = strlen(file), m = strlen(end);

    if (n <= m || n - m > STANZA_NAME_MAX || strcmp(file + n - m, end) != 0)
        return false;
    memcpy(name, file, n - m);
    name[n - m] = '\0';
    return stanza_is_name(name);
}

const char *
role_plug_sandbox(const struct conf *conf)
{
    char name[STANZA_NAME_MAX + 1];
    bool network = false;
    struct dirent *entry;
    struct stanza s;
    DIR *folder;

    (void)mkdir(conf->plugins, 0700);
    folder = opendir(conf->plugins);
    stanza_init(&s);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        struct why why;
        why_clear(&why);
        if (is_named(entry->d_name, ".yaml", name) && stanza_load(&s, conf->plugins, name, &why) == 0)
            network = network || (s.enabled && s.network);
    }
    stanza_release(&s);
    if (folder != NULL)
        closedir(folder);
    return network ? "plug-network" : "plug";
}

static struct pump *
find(struct plug *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->pump[i]->name, name) == 0)
            return r->pump[i];
    }
    return NULL;
}

static void
load(struct plug *r, const char *name)
{
    struct pump *p = find(r, name);

    if (p == NULL && r->n == LIMIT_PLUGIN_COUNT) {
        if (!r->too_many)
            log_event(EV_conf_error, "where=%s/%s.yaml note=\"%d plugins are the most that a node runs\"",
                      r->place.folder, name, LIMIT_PLUGIN_COUNT);
        r->too_many = true;
        return;
    }
    if (p == NULL)
        p = r->pump[r->n++] = pump_new(name, &r->place, now());
    pump_load(p, now());
    if ((p->stanza.enabled && p->stanza.network) || (p->has_next && p->next.enabled && p->next.network))
        r->again = r->again || !r->network;
}

static void
scan(struct plug *r)
{
    bool there[LIMIT_PLUGIN_COUNT] = {false};
    char name[STANZA_NAME_MAX + 1];
    DIR *folder = opendir(r->place.folder);
    struct dirent *entry;

    r->scan_ms = 0;
    r->too_many = false;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (!is_named(entry->d_name, ".yaml", name))
            continue;
        load(r, name);
        for (size_t i = 0; i < r->n; i++)
            there[i] = there[i] || strcmp(r->pump[i]->name, name) == 0;
    }
    if (folder != NULL)
        closedir(folder);
    for (size_t i = 0; i < r->n; i++) {
        if (!there[i])
            pump_leave(r->pump[i], now());
        else
            pump_replay(r->pump[i], now());
    }
}

/* Whether a change in the folder is one of ours (a cursor, the work of a plugin) or one that counts. */
static void
take_changes(struct plug *r)
{
    char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    char name[STANZA_NAME_MAX + 1];
    ssize_t n;

    while ((n = read(r->watch, bytes, sizeof bytes)) > 0) {
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *e = (const struct inotify_event *)(const void *)(bytes + at);
            bool counts =
                (e->mask & IN_Q_OVERFLOW) != 0 ||
                (e->len > 0 && (is_named(e->name, ".yaml", name) || is_named(e->name, ".replay", name)));
            if (counts && r->scan_ms == 0)
                r->scan_ms = now().mono_ms + SCAN_MS;
            at += (ssize_t)(sizeof *e + e->len);
        }
    }
}

static void
reap(struct plug *r)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < r->n; i++) {
            if (r->pump[i]->child.pid == pid)
                pump_ended(r->pump[i], status, now());
        }
    }
}

static void
take_signals(struct plug *r)
{
    struct signalfd_siginfo info;

    while (read(r->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGCHLD)
            r->stopping = true;
    }
    reap(r);
}

static void
report(struct plug *r)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__PluginsRequest all = PARALLAX__V1__PLUGINS_REQUEST__INIT;
    Parallax__V1__PluginStatus row[LIMIT_PLUGIN_COUNT], *rows[LIMIT_PLUGIN_COUNT];
    struct buf packed;
    int64_t ms = now().mono_ms;
    bool same;

    r->report_ms = ms + REPORT_MS;
    if (r->report.asked)
        return;
    all.plugins = rows;
    for (; all.n_plugins < r->n; all.n_plugins++) {
        rows[all.n_plugins] = &row[all.n_plugins];
        pump_status(r->pump[all.n_plugins], rows[all.n_plugins]);
    }
    buf_init(&packed, LIMIT_PLUGIN_REPORT_BYTES);
    parallax__v1__plugins_request__pack(
        &all, buf_add(&packed, parallax__v1__plugins_request__get_packed_size(&all)));
    same = r->report.fd >= 0 && span_equal(buf_span(&packed), buf_span(&r->said));
    if ((same && ms < r->reported_ms + REPORT_IDLE_MS) ||
        (r->report.fd < 0 && feed_connect(&r->report, r->place.socket) != 0)) {
        buf_release(&packed);
        return;
    }
    buf_release(&r->said);
    r->said = packed;
    r->reported_ms = ms;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_PLUGINS;
    request.plugins = &all;
    feed_ask(&r->report, &request);
}

static int
wait_ms(const struct plug *r)
{
    int64_t ms = now().mono_ms, due = r->report_ms;

    if (r->scan_ms != 0 && r->scan_ms < due)
        due = r->scan_ms;
    for (size_t i = 0; i < r->n; i++) {
        int64_t at = pump_due(r->pump[i], now());
        due = at < due ? at : due;
    }
    return due <= ms ? 0 : (int)(due - ms);
}

static void
leave_all(struct plug *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (!r->pump[i]->leaving)
            pump_leave(r->pump[i], now());
    }
}

static void
drop_over(struct plug *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->n; i++) {
        if (pump_is_over(r->pump[i]))
            pump_free(r->pump[i]);
        else
            r->pump[kept++] = r->pump[i];
    }
    r->n = kept;
}

/* One turn. */
static void
turn(struct plug *r)
{
    struct pollfd p[FIXED_FDS + LIMIT_PLUGIN_COUNT * PUMP_FDS];
    size_t at[LIMIT_PLUGIN_COUNT + 1], n = FIXED_FDS;
    Parallax__V1__Answer *answer = NULL;

    p[0] = (struct pollfd){.fd = r->signals, .events = POLLIN};
    p[1] = (struct pollfd){.fd = r->watch, .events = POLLIN};
    p[2] = (struct pollfd){.fd = r->report.fd, .events = feed_events(&r->report)};
    for (size_t i = 0; i < r->n; i++) {
        at[i] = n;
        n += pump_fds(r->pump[i], &p[n], now());
    }
    at[r->n] = n;
    if (poll(p, n, wait_ms(r)) < 0 && errno != EINTR)
        return;
    if (p[2].revents != 0 && feed_step(&r->report, p[2].revents, &answer) == FEED_ANSWER)
        parallax__v1__answer__free_unpacked(answer, NULL);
    for (size_t i = 0; i < r->n; i++)
        pump_step(r->pump[i], &p[at[i]], at[i + 1] - at[i], now());
    if (p[0].revents != 0)
        take_signals(r);
    if (p[1].revents != 0)
        take_changes(r);
    if (r->scan_ms != 0 && now().mono_ms >= r->scan_ms)
        scan(r);
    if (r->stopping || r->again)
        leave_all(r);
    drop_over(r);
    if (now().mono_ms >= r->report_ms)
        report(r);
}

static int
begin(struct plug *r)
{
    sigset_t mask;

    (void)signal(SIGPIPE, SIG_IGN);
    confine_yield(); /* it writes lines all day for one that is behind */
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    r->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    r->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (r->signals < 0 || r->watch < 0 ||
        inotify_add_watch(r->watch, r->place.folder,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR) < 0) {
        log_event(EV_role_failed, "what=\"%s: %s\"", r->place.folder, strerror(errno));
        return -1;
    }
    return 0;
}

int
role_plug(const struct role_args *args)
{
    struct plug *r = mem_new(sizeof *r);
    int status = 1;

    r->place = (struct pump_place){
        .folder = args->conf->plugins, .socket = ROLE_API_SOCKET, .node = args->conf->name};
    r->network = strcmp(role_plug_sandbox(args->conf), "plug-network") == 0;
    feed_init(&r->report);
    if (begin(r) == 0) {
        role_ready(args);
        scan(r);
        while (!((r->stopping || r->again) && r->n == 0))
            turn(r);
        status = r->stopping ? 0 : ROLE_AGAIN;
    }
    feed_release(&r->report);
    buf_release(&r->said);
    free(r);
    return status;
}
