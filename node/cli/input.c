#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zip.h>
#include <zlib.h>

#include "base/file.h"
#include "base/limit.h"
#include "types/fill.h"

#define CHUNK_BYTES  65536
#define PIECE_BYTES  1048576
#define MAPPED_BYTES 8388608 /* a file from there on need not be held whole */
#define SLACK_BYTES  1048576 /* below that no ratio is suspicious: a page of blanks packs a thousandfold */

struct call {
    const char *format;
    const struct convert *how;
    registry_emit_fn *emit;
    void *cookie;
    struct why *why;
};

void
input_init(struct input *in, const char *path)
{
    (void)snprintf(in->name, sizeof in->name, "%s", strcmp(path, "-") == 0 ? "stdin" : path);
    buf_init(&in->bytes, LIMIT_INPUT_BYTES);
    spool_init(&in->spool, LIMIT_STREAM_BYTES);
    in->whole = span_of(NULL, 0);
    in->mapping = (struct mapping){0};
}

void
input_release(struct input *in)
{
    mapping_close(&in->mapping);
    spool_release(&in->spool);
    buf_release(&in->bytes);
}

static bool
is_gzip(struct span s)
{
    return s.n >= 3 && s.p[0] == 0x1F && s.p[1] == 0x8B && s.p[2] == 8;
}

/* A local file header, or the end of a ZIP without entries. */
static bool
is_zip(struct span s)
{
    return s.n >= 4 && (memcmp(s.p, "PK\x03\x04", 4) == 0 || memcmp(s.p, "PK\x05\x06", 4) == 0);
}

static int
refuse(struct why *why, const char *note)
{
    return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "%s", note);
}

/* More than a file of that size may hold? */
static bool
is_bomb(uint64_t packed, uint64_t unpacked)
{
    return unpacked > LIMIT_INPUT_BYTES || (unpacked > SLACK_BYTES && unpacked / LIMIT_PACKED_RATIO > packed);
}

static int
refuse_bomb(struct why *why)
{
    return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL,
                   "it unpacks to more than %d bytes, or than %d times its size", LIMIT_INPUT_BYTES,
                   LIMIT_PACKED_RATIO);
}

static int
read_unpacked(struct span bytes, const struct call *c)
{
    if (is_gzip(bytes) || is_zip(bytes))
        return refuse(c->why, "packed within a packed file: expected one level");
    return registry_read(bytes, c->format, c->how, c->emit, c->cookie, c->why);
}

/* All members of ${in}, one after the other. */
static int
inflate_all(struct span in, struct buf *out, struct why *why)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.n};
    int rc = inflateInit2(&z, 16 + MAX_WBITS);

    if (rc != Z_OK)
        return refuse(why, "no memory to unpack it");
    while (rc == Z_OK) {
        uint8_t chunk[CHUNK_BYTES];

        z.next_out = chunk;
        z.avail_out = sizeof chunk;
        rc = inflate(&z, Z_NO_FLUSH);
        buf_put(out, chunk, sizeof chunk - z.avail_out);
        if (buf_failed(out) || is_bomb(in.n, out->n)) {
            (void)inflateEnd(&z);
            return refuse_bomb(why);
        }
        if (rc == Z_STREAM_END && z.avail_in > 0)
            rc = inflateReset(&z);
        if (rc == Z_BUF_ERROR && z.avail_in > 0)
            rc = Z_OK;
    }
    (void)inflateEnd(&z);
    return rc == Z_STREAM_END
               ? 0
               : refuse(why, rc == Z_BUF_ERROR ? "the gzip file is cut off" : "the gzip file is damaged");
}

static int
read_gzip(struct span packed, const struct call *c)
{
    struct buf out;
    int rc;

    buf_init(&out, LIMIT_INPUT_BYTES);
    rc = inflate_all(packed, &out, c->why);
    if (rc == 0)
        rc = read_unpacked(buf_span(&out), c);
    buf_release(&out);
    return rc;
}

/* One entry, into ${out}. ${total}: what all entries unpacked to. */
static int
unpack_entry(zip_t *zip, const zip_stat_t *stat, size_t packed, uint64_t *total, struct buf *out,
             struct why *why)
{
    zip_file_t *file;
    zip_int64_t n;
    uint8_t chunk[CHUNK_BYTES];

    if ((stat->valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat->encryption_method != ZIP_EM_NONE)
        return refuse(why, "an encrypted entry: expected one that can be read");
    if ((stat->valid & ZIP_STAT_SIZE) == 0 || is_bomb(packed, *total + stat->size))
        return refuse_bomb(why);
    file = zip_fopen_index(zip, stat->index, 0);
    if (file == NULL)
        return refuse(why, "an entry of the ZIP file is damaged, or packed in a way that is not known");
    buf_clear(out);
    while ((n = zip_fread(file, chunk, sizeof chunk)) > 0) {
        buf_put(out, chunk, (size_t)n);
        if (buf_failed(out) || is_bomb(packed, *total + out->n)) {
            (void)zip_fclose(file);
            return refuse_bomb(why);
        }
    }
    *total += out->n;
    return zip_fclose(file) != 0 || n < 0 || out->n != stat->size
               ? refuse(why, "an entry of the ZIP file is damaged")
               : 0;
}

/* What the list says that all entries are together: a trap is refused before any of it is read. */
static bool
is_list_bomb(zip_t *zip, zip_int64_t n, size_t packed)
{
    uint64_t total = 0;

    for (zip_int64_t i = 0; i < n; i++) {
        zip_stat_t stat;

        if (zip_stat_index(zip, (zip_uint64_t)i, 0, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE) != 0)
            total = stat.size > UINT64_MAX - total ? UINT64_MAX : total + stat.size;
    }
    return is_bomb(packed, total);
}

/* What a Mac puts beside the files of a ZIP: nothing of the user's. */
static bool
is_litter(const char *name)
{
    const char *slash = strrchr(name, '/');

    return strncmp(name, "__MACOSX/", 9) == 0 || strcmp(slash != NULL ? slash + 1 : name, ".DS_Store") == 0;
}

/* What a file in a ZIP is called that explains the others. */
static bool
is_document(const char *name)
{
    static const char *const beginnings[] = {"readme",    "licen", "copying",   "notice",
                                             "copyright", "index", "changelog", "manifest"};
    static const char *const endings[] = {".md", ".html", ".htm", ".pdf", ".rst", ".sha256", ".md5", ".asc"};
    const char *slash = strrchr(name, '/');
    const char *dot;

    name = slash != NULL ? slash + 1 : name;
    dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (strncasecmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return dot == NULL || strcasecmp(dot, ".txt") == 0; /* notice.json may be one that is broken */
    }
    return false;
}

/* Is ${bytes} no record, by its name and its content? Then it is said, and passed over. */
static bool
is_passed_over(const char *name, struct span bytes, const struct call *c)
{
    const struct type *type;
    struct why none;

    why_clear(&none);
    if (!is_document(name) || is_gzip(bytes) || is_zip(bytes) ||
        registry_detect(bytes, &type, &none) != NULL || none.code != WHY_FORMAT_UNKNOWN)
        return false;
    fill_warn(c->how, (struct place){0, 0}, NULL, "no record, by its name and its content: passed over");
    return true;
}

static int
read_entries(struct input *in, zip_t *zip, const struct call *c)
{
    char file[INPUT_NAME_MAX];
    zip_int64_t n = zip_get_num_entries(zip, 0);
    uint64_t total = 0, files = 0;
    struct buf out;
    int rc = 0;

    if (n > LIMIT_PACKED_COUNT)
        return why_set(c->why, WHY_INPUT_SIZE, 0, 0, NULL, "%lld entries: expected at most %d", (long long)n,
                       LIMIT_PACKED_COUNT);
    if (n == 0)
        return refuse(c->why, "the ZIP file holds nothing");
    if (is_list_bomb(zip, n, in->whole.n))
        return refuse_bomb(c->why);
    memcpy(file, in->name, sizeof file);
    buf_init(&out, LIMIT_INPUT_BYTES);
    for (zip_int64_t i = 0; i < n && rc == 0; i++) {
        zip_stat_t stat;

        if (zip_stat_index(zip, (zip_uint64_t)i, 0, &stat) != 0 || stat.name == NULL) {
            rc = refuse(c->why, "the list of the ZIP file is damaged");
            break;
        }
        (void)snprintf(in->name, sizeof in->name, "%.180s(%.120s)", file, stat.name);
        for (char *p = in->name; *p != 0; p++)
            *p = (unsigned char)*p < 0x20 || *p == 0x7F ? '?' : *p;
        if (stat.name[0] != 0 && stat.name[strlen(stat.name) - 1] == '/')
            continue; /* a folder */
        if (is_litter(stat.name))
            continue;
        rc = unpack_entry(zip, &stat, in->whole.n, &total, &out, c->why);
        if (rc == 0 && is_passed_over(stat.name, buf_span(&out), c))
            continue;
        files++;
        if (rc == 0)
            rc = read_unpacked(buf_span(&out), c);
    }
    if (rc == 0)
        memcpy(in->name, file, sizeof file);
    if (rc == 0 && files == 0)
        rc = refuse(c->why, "the ZIP file holds no file of records");
    buf_release(&out);
    return rc;
}

static int
read_zip(struct input *in, const struct call *c)
{
    zip_error_t error;
    zip_source_t *source;
    zip_t *zip;
    int rc;

    zip_error_init(&error);
    source = zip_source_buffer_create(in->whole.p, in->whole.n, 0, &error);
    zip = source != NULL ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) : NULL;
    if (zip == NULL) {
        rc = why_set(c->why, WHY_INPUT_SIZE, 0, 0, NULL, "the ZIP file cannot be read: %.80s",
                     zip_error_strerror(&error));
        zip_source_free(source);
    } else {
        rc = read_entries(in, zip, c);
        zip_discard(zip);
    }
    zip_error_fini(&error);
    return rc;
}

/* A record of a mapped file: what stands before it is not needed any more. */
struct passing {
    const struct call *call;
    struct mapping *mapping;
};

static int
pass(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct passing *p = cookie;
    struct source source;

    if (p->call->emit(p->call->cookie, type, msg, why) != 0)
        return -1;
    type->source(msg, &source);
    mapping_passed(p->mapping, source.original.p);
    return 0;
}

static bool
is_packed(struct span s)
{
    return is_gzip(s) || is_zip(s);
}

/* Is it not packed, and of a format that is read record by record? Its reader then is ${format}. */
static bool
is_stream(struct span bytes, const char **format)
{
    const struct reader *reader;
    const struct type *type;
    struct why none;

    why_clear(&none);
    if (is_packed(bytes))
        return false;
    reader = *format != NULL ? registry_reader(*format, NULL) : registry_detect(bytes, &type, &none);
    if (reader == NULL || reader->input_max <= LIMIT_INPUT_BYTES)
        return false;
    *format = reader->format;
    return true;
}

static int
read_mapped(struct input *in, const struct call *c, const char *format)
{
    struct passing passing = {c, &in->mapping};
    int rc = registry_read(in->mapping.bytes, format, c->how, pass, &passing, c->why);

    in->whole = in->mapping.bytes;
    if (!mapping_is_cut(&in->mapping))
        return rc;
    why_clear(c->why);
    return refuse(c->why, "cannot be read: it was cut off meanwhile");
}

static int
read_held(struct input *in, const struct call *c)
{
    if (in->whole.n > LIMIT_INPUT_BYTES)
        return why_set(c->why, WHY_INPUT_SIZE, 0, 0, NULL, "larger than %d bytes", LIMIT_INPUT_BYTES);
    if (is_gzip(in->whole))
        return read_gzip(in->whole, c);
    return is_zip(in->whole) ? read_zip(in, c)
                             : registry_read(in->whole, c->format, c->how, c->emit, c->cookie, c->why);
}

static int
cannot_read(struct why *why)
{
    return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "cannot be read: %s", strerror(errno));
}

/* All that comes on standard input. */
static int
fill_spool(struct spool *spool, struct why *why)
{
    uint8_t chunk[CHUNK_BYTES];
    ssize_t n;

    while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno != EINTR)
            return cannot_read(why);
        if (n > 0 && spool_put(spool, span_of(chunk, (size_t)n), why) != 0)
            return -1;
    }
    return spool_flush(spool, why);
}

/* Standard input: what is short is held; what is long is a file without a name by now, and read as a file is. */
static int
read_stdin(struct input *in, const struct call *c)
{
    const char *format = c->format;
    int fd;

    if (fill_spool(&in->spool, c->why) != 0)
        return -1;
    in->whole = buf_span(&in->spool.tail);
    if (in->spool.fd < 0)
        return read_held(in, c);
    fd = in->spool.fd;
    in->spool.fd = -1;
    if (!mapping_open(&in->mapping, fd, 1, LIMIT_STREAM_BYTES))
        return cannot_read(c->why);
    in->whole = in->mapping.bytes;
    return is_stream(in->whole, &format) ? read_mapped(in, c, format) : read_held(in, c);
}

/* ${path} opened once, if it is a regular file. -1: it is none, or cannot be opened. A FIFO is opened without waiting for its writer. */
static int
open_regular(const char *path, struct stat *st)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 || (fstat(fd, st) == 0 && S_ISREG(st->st_mode)))
        return fd;
    (void)close(fd);
    return -1;
}

static int
fill_bytes(struct input *in, const char *path, int fd)
{
    int rc = fd >= 0 ? file_read_fd(fd, &in->bytes) : file_read(path, &in->bytes);
    int saved = errno;

    if (fd >= 0)
        (void)close(fd);
    errno = saved;
    return rc;
}

int
input_read(struct input *in, const char *path, const char *format, const struct convert *how,
           registry_emit_fn *emit, void *cookie, struct why *why)
{
    struct call c = {format, how, emit, cookie, why};
    struct stat st;
    int fd;

    if (strcmp(path, "-") == 0)
        return read_stdin(in, &c);
    fd = open_regular(path, &st);
    if (fd >= 0 && st.st_size >= MAPPED_BYTES) {
        if (mapping_open(&in->mapping, fd, MAPPED_BYTES, LIMIT_STREAM_BYTES)) {
            if (is_stream(in->mapping.bytes, &format))
                return read_mapped(in, &c, format);
            mapping_close(&in->mapping);
        }
        fd = -1; /* the mapping had it */
    }
    if (fill_bytes(in, path, fd) != 0)
        return errno == EFBIG
                   ? why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "larger than %d bytes", LIMIT_INPUT_BYTES)
                   : cannot_read(why);
    in->whole = buf_span(&in->bytes);
    return read_held(in, &c);
}

bool
input_piece(struct input *in, size_t at, struct span *piece)
{
    size_t left = in->whole.n - at;

    if (in->mapping.bytes.p != NULL) {
        if (at == 0)
            mapping_rewind(&in->mapping);
        mapping_passed(&in->mapping, in->whole.p + at);
    }
    *piece = span_of(in->whole.p + at, left < PIECE_BYTES ? left : PIECE_BYTES);
    return left > 0;
}

bool
input_is_changed(const struct input *in)
{
    return mapping_is_cut(&in->mapping) || mapping_is_changed(&in->mapping);
}
