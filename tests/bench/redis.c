/*
 * Redis Streams: bench_redis PORT MESSAGES BYTES PIPELINE. One publisher adds messages with PIPELINE of them unanswered, one
 * consumer reads them all as they come. Prints `messages= seconds= acked_seconds=`: to the last message at the consumer, and to
 * the publisher's last answer.
 */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "sample.h"

#define READ_COUNT "1000"
#define ID_BYTES   64

static redisContext *
connect_redis(int port)
{
    redisContext *c = redisConnect("127.0.0.1", port);

    if (c == NULL || c->err != 0)
        sample_die("redis: %s", c == NULL ? "no memory" : c->errstr);
    return c;
}

/* An answer that is no error; its type is not looked at. */
static redisReply *
get_reply(redisContext *c)
{
    redisReply *r;

    if (redisGetReply(c, (void **)&r) != REDIS_OK)
        sample_die("redis: %s", c->errstr);
    if (r->type == REDIS_REPLY_ERROR)
        sample_die("redis: %s", r->str);
    return r;
}

/* Read the stream from its start until ${messages} have come; the time goes to ${out}. */
static void
consume(int port, long messages, int out)
{
    redisContext *c = connect_redis(port);
    char last[ID_BYTES] = "0";
    long got = 0;
    int64_t end;

    while (got < messages) {
        redisReply *r, *entries;

        (void)redisAppendCommand(c, "XREAD COUNT " READ_COUNT " BLOCK 0 STREAMS bench %s", last);
        r = get_reply(c);
        if (r->type != REDIS_REPLY_ARRAY || r->elements != 1 || r->element[0]->elements != 2 ||
            r->element[0]->element[1]->elements == 0)
            sample_die("redis: XREAD answers something else");
        entries = r->element[0]->element[1];
        got += (long)entries->elements;
        (void)snprintf(last, sizeof last, "%s", entries->element[entries->elements - 1]->element[0]->str);
        freeReplyObject(r);
    }
    end = sample_now_ns();
    if (write(out, &end, sizeof end) != (ssize_t)sizeof end)
        sample_die("pipe: %s", strerror(errno));
    redisFree(c);
}

static void
publish(int port, long messages, size_t bytes, long pipeline)
{
    redisContext *c = connect_redis(port);
    char *payload = mem_new(bytes);

    for (size_t i = 0; i < bytes; i++)
        payload[i] = (char)(i * 31 % 251);
    for (long sent = 0, answered = 0; answered < messages;) {
        /* hiredis sends what was appended when an answer is asked for. */
        for (; sent < messages && sent - answered < pipeline; sent++) {
            (void)memcpy(payload, &sent, sizeof sent);
            (void)redisAppendCommand(c, "XADD bench * d %b", payload, bytes);
        }
        for (long k = sent - answered < pipeline ? sent - answered : pipeline; k > 0; k--, answered++)
            freeReplyObject(get_reply(c));
    }
    free(payload);
    redisFree(c);
}

int
main(int argc, char **argv)
{
    long messages, bytes, pipeline;
    int64_t begun, acked, end;
    int port, fd[2], status = 0;
    pid_t child;

    if (argc != 5 || (port = (int)strtol(argv[1], NULL, 10)) <= 0 ||
        (messages = strtol(argv[2], NULL, 10)) <= 0 ||
        (bytes = strtol(argv[3], NULL, 10)) < (long)sizeof(long) ||
        (pipeline = strtol(argv[4], NULL, 10)) <= 0)
        sample_die("usage: bench_redis PORT MESSAGES BYTES PIPELINE");
    if (pipe(fd) != 0 || (child = fork()) < 0)
        sample_die("fork: %s", strerror(errno));
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        consume(port, messages, fd[1]);
        return 0;
    }
    (void)close(fd[1]);
    begun = sample_now_ns();
    publish(port, messages, (size_t)bytes, pipeline);
    acked = sample_now_ns();
    if (read(fd[0], &end, sizeof end) != (ssize_t)sizeof end || waitpid(child, &status, 0) != child ||
        status != 0)
        sample_die("the consumer failed");
    printf("messages=%ld\nseconds=%.6f\nacked_seconds=%.6f\n", messages, (double)(end - begun) / 1e9,
           (double)(acked - begun) / 1e9);
    return 0;
}
