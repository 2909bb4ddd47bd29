/* The watch role's connection to the api socket of its own node: one question at a time, asked again by the caller when it was lost. */
#ifndef DAEMON_WATCHLINK_H
#define DAEMON_WATCHLINK_H

#include "api.pb-c.h"

struct watchlink;

/* Not connected yet; ${path} is borrowed. */
struct watchlink *watchlink_new(const char *path);
void watchlink_free(struct watchlink *l);

/*
 * Ask and wait at most ${ms}. The answer, freed with watchlink_answer_free(); it may be a refusal (error is not ""). NULL: the node is not there,
 * did not answer in time, or answered nonsense; the next question connects anew.
 */
Parallax__V1__Answer *watchlink_ask(struct watchlink *l, Parallax__V1__Request *request, int64_t ms);
void watchlink_answer_free(Parallax__V1__Answer *answer);

/*
 * The newest records of each subject of one type and mode, page after page; of ${origin} alone unless that is "". Each goes to ${take}, which returns 0, or -1 to stop. 0, or
 * -1 when it was stopped, or the node was lost or refused.
 */
typedef int watchlink_take_fn(void *cookie, const Parallax__V1__RecordRow *row);
int watchlink_each(struct watchlink *l, const char *type, Parallax__V1__Mode mode, const char *origin,
                   watchlink_take_fn *take, void *cookie);

/*
 * Publish one record in the open audience, with ${key} of 32 bytes as its idempotency key. 0; 1 = the node refused it for now, *${why} then says why until the next
 * question; -1 = lost.
 */
int watchlink_publish(struct watchlink *l, const ProtobufCMessage *msg, const char *type,
                      Parallax__V1__Mode mode, const uint8_t key[32], Parallax__V1__RecordId **reference,
                      size_t references, const char **why);

#endif
