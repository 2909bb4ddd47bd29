/* One process, one thread: it waits for signals and for ends of its children, nothing else. */
#include "daemon/supervisor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/listen.h"
#include "daemon/role.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESTART_MS_MIN 50
#define RESTART_MS_MAX 5000
#define STEADY_MS      10000 /* a role that ran so long starts again at once */
#define CHILDREN       7
#define STOP_MS        5000 /* how long a role may take to end */

struct child {
    const char *name;
    bool gate, sign, seal, api, feed; /* which listening sockets it gets */
    bool apart;                       /* the node is up without it */
    bool off;                         /* by the configuration: it is not started */
    pid_t pid;                        /* 0 = not running */
    bool ready;
    int ready_fd; /* -1 = said so, or not running */
    int64_t started_ms, start_at_ms;
    int restart_ms;
};

struct supervisor {
    const struct conf *conf;
    const char *conf_name;
    char boot[33];
    int listen_gate, listen_sign, listen_seal, listen_api, signals;
    int listen_feed, listen_loopback;
    bool said_ready;
    struct child child[CHILDREN]; /* in the order of starting; stopped backwards */
};

static int
fail(const char *what)
{
    log_event(EV_role_failed, "what=\"%s: %s\"", what, strerror(errno));
    return -1;
}

/* One daemon a directory. The descriptor stays open, also in the roles, until the node has ended. */
static int
lock_directory(void)
{
    struct stat run;
    int fd;

    if (mkdir("run", 0700) != 0 && errno != EEXIST)
        return fail("run");
    /* Who can enter it could speak to the roles in our name. */
    if (lstat("run", &run) != 0 || !S_ISDIR(run.st_mode) || run.st_uid != geteuid() ||
        (run.st_mode & 077) != 0) {
        log_event(EV_role_failed, "what=\"run: expected a directory of our own with mode 0700\"");
        return -1;
    }
    fd = open("run/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail("run/lock");
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        log_event(EV_role_failed, "what=\"another parallaxd runs in this directory\"");
        close(fd);
        return -1;
    }
    return fd;
}

/* A descriptor that the role inherits, as its number in text; "-1" where it gets none. */
static void
inherit(int fd, bool give, char text[12])
{
    snprintf(text, 12, "%d", give ? fd : -1);
    if (give)
        fcntl(fd, F_SETFD, 0);
}

static void
exec_role(const struct supervisor *s, const struct child *c, int ready_fd)
{
    char gate[12], sign[12], seal[12], api[12], ready[12], feed[12], loopback[12];
    sigset_t none;

    /* No orphans: a role ends with its supervisor, however that ends. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1)
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    inherit(s->listen_gate, c->gate, gate);
    inherit(s->listen_sign, c->sign, sign);
    inherit(s->listen_seal, c->seal, seal);
    inherit(s->listen_api, c->api, api);
    inherit(s->listen_feed, c->feed && s->listen_feed >= 0, feed);
    inherit(s->listen_loopback, c->feed && s->listen_loopback >= 0, loopback);
    inherit(ready_fd, true, ready);
    setenv("PARALLAX_BOOT", s->boot, 1);
    execl("/proc/self/exe", "parallaxd", "--config", s->conf_name, "--role", c->name, "--fds", gate, sign,
          seal, api, ready, feed, loopback, (char *)NULL);
    _exit(1);
}

static void
start(struct supervisor *s, struct child *c)
{
    int fds[2];

    c->start_at_ms = 0;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
        fail("pipe");
        c->start_at_ms = clock_mono_ms() + RESTART_MS_MAX;
        return;
    }
    c->pid = fork();
    if (c->pid == 0)
        exec_role(s, c, fds[1]);
    close(fds[1]);
    if (c->pid < 0) {
        fail("fork");
        c->pid = 0;
        close(fds[0]);
        c->start_at_ms = clock_mono_ms() + RESTART_MS_MAX;
        return;
    }
    c->ready_fd = fds[0];
    c->ready = false;
    c->started_ms = clock_mono_ms();
    log_event(EV_role_started, "role=%s pid=%d", c->name, (int)c->pid);
}

static void
notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t n = path == NULL ? 0 : strlen(path);
    int fd;

    if (n == 0 || n >= sizeof(a.sun_path))
        return;
    memcpy(a.sun_path, path, n);
    if (path[0] == '@')
        a.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&a,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
        fail("NOTIFY_SOCKET");
    close(fd);
}

static void
take_ready(struct supervisor *s, struct child *c)
{
    char byte;
    ssize_t got = read(c->ready_fd, &byte, 1);
    bool all = true;

    if (got < 0 && errno == EAGAIN)
        return;
    c->ready = got == 1;
    close(c->ready_fd);
    c->ready_fd = -1;
    for (int i = 0; i < CHILDREN; i++)
        all = all && (s->child[i].ready || s->child[i].apart || s->child[i].off);
    if (!all || s->said_ready)
        return;
    s->said_ready = true;
    log_event(EV_node_ready, "name=%s listen=%s", s->conf->name, s->conf->listen);
    notify("READY=1");
}

static void
take_end(struct child *c, int status)
{
    int64_t now = clock_mono_ms();
    bool again = WIFEXITED(status) && WEXITSTATUS(status) == ROLE_AGAIN;

    if (again || now - c->started_ms >= STEADY_MS || c->restart_ms == 0)
        c->restart_ms = RESTART_MS_MIN;
    else if (c->restart_ms < RESTART_MS_MAX)
        c->restart_ms = c->restart_ms * 2 > RESTART_MS_MAX ? RESTART_MS_MAX : c->restart_ms * 2;
    log_event(EV_role_ended, "role=%s status=%d signal=%d restart_ms=%d", c->name,
              WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
              c->restart_ms);
    c->pid = 0;
    c->ready = false;
    if (c->ready_fd >= 0)
        close(c->ready_fd);
    c->ready_fd = -1;
    c->start_at_ms = now + c->restart_ms;
}

static void
reap(struct supervisor *s)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (int i = 0; i < CHILDREN; i++) {
            if (s->child[i].pid == pid)
                take_end(&s->child[i], status);
        }
    }
}

/* From the outside in, so that nobody is told of what can no longer be kept. */
static void
stop(struct supervisor *s)
{
    notify("STOPPING=1");
    for (int i = CHILDREN - 1; i >= 0; i--) {
        struct child *c = &s->child[i];
        int64_t until = clock_mono_ms() + STOP_MS;
        if (c->pid == 0)
            continue;
        kill(c->pid, SIGTERM);
        while (waitpid(c->pid, NULL, WNOHANG) == 0) {
            struct pollfd p = {s->signals, POLLIN, 0};
            struct signalfd_siginfo info;
            if (clock_mono_ms() >= until)
                kill(c->pid, SIGKILL);
            if (poll(&p, 1, 100) > 0 && read(s->signals, &info, sizeof(info)) < 0)
                break;
        }
    }
    unlink(ROLE_API_SOCKET);
    unlink(ROLE_GATE_SOCKET);
    unlink(ROLE_SIGN_SOCKET);
    unlink(ROLE_SEAL_SOCKET);
    if (s->listen_feed >= 0)
        unlink(s->conf->feed_ipc);
}

static int
wait_ms(const struct supervisor *s)
{
    int64_t now = clock_mono_ms(), least = 60000;

    for (int i = 0; i < CHILDREN; i++) {
        const struct child *c = &s->child[i];
        if (c->pid == 0 && !c->off && c->start_at_ms - now < least)
            least = c->start_at_ms - now;
    }
    return least < 0 ? 0 : (int)least;
}

/* True when the node is to end. */
static bool
take_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;

    while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) {
            log_event(EV_node_stopping, "signal=%u", info.ssi_signo);
            return true;
        }
    }
    reap(s);
    return false;
}

static void
loop(struct supervisor *s)
{
    for (;;) {
        struct pollfd p[CHILDREN + 1] = {{s->signals, POLLIN, 0}};
        for (int i = 0; i < CHILDREN; i++) {
            struct child *c = &s->child[i];
            if (c->pid == 0 && !c->off && clock_mono_ms() >= c->start_at_ms)
                start(s, c);
            p[i + 1] = (struct pollfd){c->ready_fd, POLLIN, 0};
        }
        if (poll(p, CHILDREN + 1, wait_ms(s)) < 0 && errno != EINTR)
            return;
        for (int i = 0; i < CHILDREN; i++) {
            if (s->child[i].ready_fd >= 0 && p[i + 1].revents != 0)
                take_ready(s, &s->child[i]);
        }
        if ((p[0].revents & POLLIN) != 0 && take_signals(s))
            return;
    }
}

/* Another program may hold the port, or the folder be gone: the node is up without its feed. */
static void
open_feed(struct supervisor *s)
{
    s->listen_feed = s->conf->feed_ipc[0] != 0 ? listen_unix(s->conf->feed_ipc, s->conf->feed_group) : -1;
    s->listen_loopback = s->conf->feed_loopback[0] != 0 ? listen_loopback(s->conf->feed_loopback) : -1;
    s->child[CHILDREN - 1].off = s->listen_feed < 0 && s->listen_loopback < 0;
}

static int
open_all(struct supervisor *s)
{
    uint8_t boot[16];
    sigset_t mask;

    randombytes_buf(boot, sizeof(boot));
    sodium_bin2hex(s->boot, sizeof(s->boot), boot, sizeof(boot));
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGCHLD);
    sigaddset(&mask, SIGHUP);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    s->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    s->listen_gate = listen_unix(ROLE_GATE_SOCKET, false);
    s->listen_sign = listen_unix(ROLE_SIGN_SOCKET, false);
    s->listen_seal = listen_unix(ROLE_SEAL_SOCKET, false);
    s->listen_api = listen_unix(ROLE_API_SOCKET, false);
    open_feed(s);
    return s->signals < 0 || s->listen_gate < 0 || s->listen_sign < 0 || s->listen_seal < 0 ||
                   s->listen_api < 0
               ? -1
               : 0;
}

int
supervisor_run(const struct conf *conf, const char *conf_name)
{
    struct supervisor s = {.conf = conf,
                           .conf_name = conf_name,
                           .child = {{.name = "sign", .sign = true, .ready_fd = -1},
                                     {.name = "seal", .seal = true, .ready_fd = -1},
                                     {.name = "core", .api = true, .ready_fd = -1},
                                     {.name = "gate", .gate = true, .ready_fd = -1},
                                     {.name = "plug", .apart = true, .ready_fd = -1},
                                     {.name = "watch", .apart = true, .off = !conf->watch, .ready_fd = -1},
                                     {.name = "feed", .apart = true, .feed = true, .ready_fd = -1}}};
    int lock = lock_directory();

    if (lock < 0)
        return 1;
    if (conf->feed_loopback[0] != 0 && !listen_is_loopback(conf->feed_loopback)) {
        log_event(EV_conf_error,
                  "where=%s note=\"feed.loopback: expected tcp://127.0.0.1:PORT or tcp://[::1]:PORT\"",
                  conf_name);
        return 1;
    }
    if (open_all(&s) != 0)
        return 1;
    loop(&s);
    stop(&s);
    close(lock);
    return 0;
}
