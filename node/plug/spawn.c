/* One thread: between fork and exec the child runs our code. */
#include "plug/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plug/confine.h"
#include "plug/shipped.h"

#define FD_FIRST 3 /* what a plugin does not inherit */

void
spawn_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* The whole environment of a plugin. */
static void
set_environment(const struct stanza *s, const char *node)
{
    char here[PATH_MAX];

    (void)clearenv();
    (void)setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    (void)setenv("LANG", "C.UTF-8", 1);
    (void)setenv("PARALLAX_PLUGIN", s->name, 1);
    (void)setenv("PARALLAX_NAME", node, 1);
    if (getcwd(here, sizeof here) != NULL) {
        (void)setenv("HOME", here, 1);
        (void)setenv("TMPDIR", here, 1);
    }
}

static void
forget_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Under the plugin's limits: no memory is asked for. */
static void
complain(const char *what, int error)
{
    char line[300];
    int n = snprintf(line, sizeof line, "parallax: cannot start: %.200s: %s\n", what, strerror(error));

    if (n > 0 && write(STDERR_FILENO, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1) < 0)
        _exit(126);
}

/*
 * A process group of its own, by which all that it starts is ended, in the session of the node: to the kernel a session may be a group of its own
 * (sched(7), autogroup), beside which nice says nothing, and a plugin would get as much of the processor as the whole node.
 */
static void
leave_group(void)
{
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    (void)setpgid(0, 0);
    if (terminal >= 0) { /* that of whoever started the node is not the plugin's */
        (void)ioctl(terminal, TIOCNOTTY);
        (void)close(terminal);
    }
}

static void __attribute__((noreturn))
run(const struct stanza *s, const char *folder, const char *node, const int theirs[3])
{
    const char *what = "folder", *program = s->command.at[0];
    char shipped[PATH_MAX];
    int rc = 0;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* no orphans */
    leave_group();
    forget_signals();
    for (int i = 0; i < FD_FIRST && rc == 0; i++)
        rc = dup2(theirs[i], i) < 0 ? -1 : 0;
    (void)syscall(SYS_close_range, FD_FIRST, ~0u, 0);
    (void)umask(077);
    if (rc == 0)
        rc = chdir(folder);
    if (rc == 0) {
        set_environment(s, node);
        if (shipped_find(program, shipped))
            program = shipped;
        rc = confine_enter(s, program, &what);
    }
    if (rc == 0) {
        what = s->command.at[0];
        (void)execvp(program, s->command.at);
    }
    complain(what, errno);
    _exit(127);
}

/* ours[0] writes to theirs[0]; the others read. All of them beyond the three that the child is given. */
static int
make_pipes(int ours[3], int theirs[3])
{
    for (int i = 0; i < 3; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return -1;
        ours[i] = i == 0 ? ends[1] : ends[0];
        theirs[i] = i == 0 ? ends[0] : ends[1];
        if (ends[0] < FD_FIRST || ends[1] < FD_FIRST) {
            errno = EBADF;
            return -1;
        }
        if (fcntl(ours[i], F_SETFL, O_NONBLOCK) != 0)
            return -1;
    }
    return 0;
}

int
spawn_start(struct spawn *p, const struct stanza *s, const char *folder, const char *node)
{
    int ours[3] = {-1, -1, -1}, theirs[3] = {-1, -1, -1};
    pid_t pid = -1;
    int saved;

    if ((mkdir(folder, 0700) == 0 || errno == EEXIST) && make_pipes(ours, theirs) == 0)
        pid = fork();
    if (pid == 0)
        run(s, folder, node, theirs);
    saved = errno;
    if (pid > 0)
        (void)setpgid(pid, pid); /* whoever comes first: it can be ended as a group from here on */
    for (int i = 0; i < 3; i++) {
        spawn_close(&theirs[i]);
        if (pid < 0)
            spawn_close(&ours[i]);
    }
    errno = saved;
    *p = (struct spawn){.pid = pid < 0 ? 0 : pid, .in = ours[0], .out = ours[1], .err = ours[2]};
    return pid < 0 ? -1 : 0;
}

void
spawn_signal(const struct spawn *p, int sig)
{
    if (p->pid <= 0)
        return;
    (void)kill(-p->pid, sig);
    (void)kill(p->pid, sig); /* before it has a session of its own */
}

void
spawn_clear(struct spawn *p)
{
    if (p->pid > 0)
        (void)kill(-p->pid, SIGKILL);
    spawn_close(&p->in);
    spawn_close(&p->out);
    spawn_close(&p->err);
    p->pid = 0;
}

void
spawn_explain(int status, struct buf *out)
{
    if (WIFEXITED(status))
        buf_put_fmt(out, "it ended with exit code %d", WEXITSTATUS(status));
    else
        buf_put_fmt(out, "it was ended by signal %d", WTERMSIG(status));
}
