#include "crypt/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define LINE_MAX_BYTES 96 /* a key file with its NUL and a byte to see that it is longer */
#define BASE64_CHARS   44 /* of 32 bytes */

/* Whole in guarded memory. */
struct secret {
    uint8_t bytes[SECRET_BYTES];
    uint8_t pair[crypto_sign_SECRETKEYBYTES]; /* seed || public key: made once, for it costs as much as a
                                                 signature */
};

_Static_assert(SECRET_BYTES == crypto_sign_SEEDBYTES && SECRET_BYTES == crypto_scalarmult_SCALARBYTES,
               "32 bytes");

void
secret_start(void)
{
    if (sodium_init() < 0)
        abort();
}

static struct secret *
new_blank(void)
{
    struct secret *s = sodium_malloc(sizeof *s);

    if (s == NULL) /* a fixed small size of ours */
        abort();
    return s;
}

/* The bytes stand: derive the rest and forbid writing. */
static void
seal(struct secret *s)
{
    uint8_t key[crypto_sign_PUBLICKEYBYTES];

    (void)crypto_sign_seed_keypair(key, s->pair, s->bytes);
    (void)sodium_mprotect_readonly(s);
}

struct secret *
secret_new_random(void)
{
    struct secret *s = new_blank();

    randombytes_buf(s->bytes, sizeof s->bytes);
    seal(s);
    return s;
}

struct secret *
secret_new_copy(const uint8_t bytes[SECRET_BYTES])
{
    struct secret *s = new_blank();

    memcpy(s->bytes, bytes, sizeof s->bytes);
    seal(s);
    return s;
}

void
secret_free(struct secret *s)
{
    sodium_free(s); /* wipes */
}

const uint8_t *
secret_bytes(const struct secret *s)
{
    return s->bytes;
}

const uint8_t *
secret_signing_pair(const struct secret *s)
{
    return s->pair;
}

static int
print_prefix(const char *kind, char *out, size_t n)
{
    static const char *const kinds[] = {"log", "witness", "steward", "transport", "wrap"};
    bool known = false;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        known = known || strcmp(kind, kinds[i]) == 0;
    assert(known);
    return snprintf(out, n, "parallax-%s-key-v1 ", kind);
}

int
secret_save(const struct secret *s, const char *kind, const char *path, struct why *why)
{
    char line[LINE_MAX_BYTES];
    int n = print_prefix(kind, line, sizeof line);
    int status;

    (void)sodium_bin2base64(line + n, sizeof line - (size_t)n, s->bytes, sizeof s->bytes,
                            sodium_base64_VARIANT_ORIGINAL);
    n += BASE64_CHARS;
    line[n++] = '\n';
    status = file_create(path, span_of(line, (size_t)n), 0600);
    sodium_memzero(line, sizeof line);
    if (status != 0)
        return why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "cannot write the key file: %s", strerror(errno));
    return 0;
}

/* A regular file of ours that nobody else may read: its descriptor, or -1 with ${why}. */
static int
open_private(const char *path, struct why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "cannot open the key file: %s", strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        (void)why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "the key file is not a regular file");
    else if (st.st_uid != geteuid())
        (void)why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "the key file belongs to another user");
    else if ((st.st_mode & 077) != 0)
        (void)why_set(why, WHY_CONF_VALUE, 0, 0, NULL,
                      "the key file is open to others (mode %03o): expected 600; its key may be known",
                      (unsigned)st.st_mode & 0777u);
    else
        return fd;
    (void)close(fd);
    return -1;
}

/* Up to ${n} bytes; the number, or -1. */
static ssize_t
read_all(int fd, char *p, size_t n)
{
    size_t have = 0;

    while (have < n) {
        ssize_t got = read(fd, p + have, n - have);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

static int
parse_line(const char *line, size_t n, const char *kind, uint8_t bytes[SECRET_BYTES], struct why *why)
{
    char prefix[LINE_MAX_BYTES];
    size_t prefix_n = (size_t)print_prefix(kind, prefix, sizeof prefix);
    size_t got = 0;

    if (n < prefix_n || memcmp(line, prefix, prefix_n) != 0)
        return why_set(why, WHY_CONF_VALUE, 1, 1, NULL, "not a %s key: expected \"%s\"", kind, prefix);
    if (n != prefix_n + BASE64_CHARS + 1 || line[n - 1] != '\n' ||
        sodium_base642bin(bytes, SECRET_BYTES, line + prefix_n, BASE64_CHARS, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got != SECRET_BYTES)
        return why_set(why, WHY_CONF_VALUE, 1, (uint32_t)prefix_n + 1, NULL,
                       "expected the base64 of 32 bytes and one line end");
    return 0;
}

struct secret *
secret_load(const char *kind, const char *path, struct why *why)
{
    char line[LINE_MAX_BYTES];
    int fd = open_private(path, why);
    struct secret *s;
    ssize_t n;
    int status = -1;

    if (fd < 0)
        return NULL;
    s = new_blank();
    n = read_all(fd, line, sizeof line);
    if (n < 0)
        (void)why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "cannot read the key file: %s", strerror(errno));
    else
        status = parse_line(line, (size_t)n, kind, s->bytes, why);
    sodium_memzero(line, sizeof line);
    (void)close(fd);
    if (status != 0) {
        secret_free(s);
        return NULL;
    }
    seal(s);
    return s;
}

void
secret_curve_public(const struct secret *s, uint8_t key[32])
{
    (void)crypto_scalarmult_base(key, s->bytes);
}

bool
secret_curve_key_ok(const uint8_t key[32])
{
    static const uint8_t scalar[crypto_scalarmult_SCALARBYTES] = {8};
    uint8_t point[crypto_scalarmult_BYTES];
    bool below = false; /* 2^255 - 19, little-endian: ED FF .. FF 7F */

    if ((key[31] & 0x80) != 0)
        return false;
    below = key[31] != 0x7F || key[0] < 0xED;
    for (size_t i = 1; i < 31; i++)
        below = below || key[i] != 0xFF;
    return below && crypto_scalarmult(point, scalar, key) == 0; /* fails for points of small order */
}
