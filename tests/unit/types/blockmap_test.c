/* Messages that are too long for one record: pieces that read alone, and together are the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "types/registry.h"
#include "wire/unpack.h"

struct pieces {
    const char *format;
    struct buf joined; /* originals */
    struct buf key[8];
    size_t n, whole; /* records; those that are no piece */
    size_t largest;
    bool alone; /* read each of them again */
};

static int
take_alone(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct buf *json = cookie;

    (void)why;
    type->json(msg, json);
    buf_put_byte(json, '\n');
    return 0;
}

static int
take(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct pieces *p = cookie;
    struct convert how = {.strict = true};
    struct source source;
    struct subject subject;
    struct buf body, text, again, want;

    (void)why;
    type->source(msg, &source);
    p->whole += source.piece == 0;
    assert_true(source.piece == 0 || source.piece == p->n + 1);
    buf_put_span(&p->joined, source.original);
    buf_init(&body, 1 << 20);
    buf_init(&text, 1 << 20);
    buf_init(&again, 1 << 24);
    buf_init(&want, 1 << 24);
    pack(msg, &body);
    p->largest = body.n > p->largest ? body.n : p->largest;
    assert_int_equal(type->subject(msg, &subject), 0);
    for (size_t i = 0; i < p->n && i < 8; i++)
        assert_string_not_equal(buf_cstr(&p->key[i]), subject.key);
    if (p->n < 8)
        buf_put_str(&p->key[p->n], subject.key);
    if (p->alone) {
        struct why refusal = {.code = WHY_NONE};
        type->json(msg, &want);
        buf_put_byte(&want, '\n');
        buf_put_span(&text, source.preamble);
        buf_put_span(&text, source.original);
        buf_put_span(&text, source.trailer);
        if (registry_read(buf_span(&text), p->format, &how, take_alone, &again, &refusal) != 0)
            fail_msg("piece %zu alone: %u:%u %s %s", p->n + 1, refusal.line, refusal.column, refusal.field,
                     refusal.note);
        assert_true(span_equal(buf_span(&again), buf_span(&want)));
    }
    buf_release(&body);
    buf_release(&text);
    buf_release(&again);
    buf_release(&want);
    p->n++;
    return 0;
}

static int
read_pieces(struct pieces *p, const char *format, struct span input, struct why *why)
{
    struct convert how = {0};

    *p = (struct pieces){.format = format, .alone = true};
    buf_init(&p->joined, 1 << 26);
    for (int i = 0; i < 8; i++)
        buf_init(&p->key[i], 256);
    why_clear(why);
    return registry_read(input, format, &how, take, p, why);
}

static void
release(struct pieces *p)
{
    buf_release(&p->joined);
    for (int i = 0; i < 8; i++)
        buf_release(&p->key[i]);
}

static void
put_time(struct buf *b, int i)
{
    buf_put_fmt(b, "2032-02-%02dT%02d:%02d:%02d.125", 1 + i / 86400, i / 3600 % 24, i / 60 % 60, i % 60);
}

static void
oem_head(struct buf *b)
{
    buf_put_str(
        b, "CCSDS_OEM_VERS = 3.0\nCOMMENT made up\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = TEST\n");
}

static void
oem_segment(struct buf *b, int from, int n)
{
    buf_put_str(b, "META_START\nOBJECT_NAME = A LONG ONE\nOBJECT_ID = 2031-014A\nCENTER_NAME = "
                   "EARTH\nREF_FRAME = GCRF\nTIME_SYSTEM = UTC\nSTART_TIME = ");
    put_time(b, from);
    buf_put_str(b, "\nSTOP_TIME = ");
    put_time(b, from + n);
    buf_put_str(b, "\nMETA_STOP\nCOMMENT before the lines\n");
    for (int i = 0; i < n; i++) {
        put_time(b, from + i);
        buf_put_fmt(b, " %d.5 -6862.875 6448.296 4.901327 5.533756 -1.976341\n", 6000 + i);
    }
}

static void
a_long_ephemeris_becomes_pieces_that_are_the_file(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    oem_head(&text);
    oem_segment(&text, 0, 1500);
    oem_segment(&text, 4000, 300);
    buf_put_str(&text, "COVARIANCE_START\nEPOCH = 2032-02-01T01:06:40.125\n1\n2 3\n4 5 6\n7 8 9 10\n11 12 13 "
                       "14 15\n16 17 18 19 20 21\nCOVARIANCE_STOP\n");
    if (read_pieces(&p, "oem-kvn", buf_span(&text), &why) != 0)
        fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
    assert_true(p.n >= 3 && p.n < 8);
    assert_int_equal(p.whole, 0);
    assert_true(p.largest <= LIMIT_BODY_BYTES);
    assert_true(span_equal(buf_span(&p.joined), buf_span(&text)));
    release(&p);
    buf_release(&text);
}

static void
a_short_one_stays_whole(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    oem_head(&text);
    oem_segment(&text, 0, 400);
    assert_int_equal(read_pieces(&p, "oem-kvn", buf_span(&text), &why), 0);
    assert_true(p.n == 1 && p.whole == 1);
    release(&p);
    buf_release(&text);
}

static void
times_rise_across_a_cut(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    oem_head(&text);
    oem_segment(&text, 0, 2000);
    put_time(&text, 1500); /* in an earlier piece, or before this one's first */
    buf_put_str(&text, " 1 2 3 4 5 6\n");
    assert_int_equal(read_pieces(&p, "oem-kvn", buf_span(&text), &why), -1);
    assert_int_equal(why.code, WHY_FIELD_TIME);
    assert_int_equal(why.line, 2000 + 4 + 10 + 1);
    release(&p);
    buf_release(&text);
}

static void
long_tracking_data_become_pieces(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    buf_put_str(&text, "CCSDS_TDM_VERS = 2.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = TEST\n");
    for (int s = 0; s < 3; s++) {
        buf_put_fmt(&text,
                    "META_START\nTRACK_ID = T%d\nTIME_SYSTEM = UTC\nPARTICIPANT_1 = "
                    "STATION\nANGLE_TYPE = AZEL\nMETA_STOP\nDATA_START\nCOMMENT segment %d\n",
                    s, s);
        for (int i = 0; i < 900; i++) {
            buf_put_str(&text, i % 2 == 0 ? "RANGE = " : "ANGLE_1 = ");
            put_time(&text, 1000 * s + i);
            buf_put_fmt(&text, " %d.000000125\n", i % 360);
        }
        buf_put_str(&text, "DATA_STOP\n");
    }
    if (read_pieces(&p, "tdm-kvn", buf_span(&text), &why) != 0)
        fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
    assert_true(p.n >= 3 && p.whole == 0 && p.largest <= LIMIT_BODY_BYTES);
    assert_true(span_equal(buf_span(&p.joined), buf_span(&text)));
    release(&p);
    buf_release(&text);
}

static void
many_short_lines_become_pieces(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    buf_put_str(&text,
                "CCSDS_OCM_VERS = 3.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = TEST\nMETA_START\n"
                "EPOCH_TZERO = 2032-02-01T00:00:00\nMETA_STOP\nTRAJ_START\nTRAJ_TYPE = CARTP\n");
    for (int i = 0; i < 9000; i++)
        buf_put_fmt(&text, "%d 1 2 3\n", i);
    buf_put_str(&text, "TRAJ_STOP\n");
    if (read_pieces(&p, "ocm-kvn", buf_span(&text), &why) != 0)
        fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
    assert_true(p.n == 5 && p.whole == 0);
    assert_true(span_equal(buf_span(&p.joined), buf_span(&text)));
    release(&p);
    buf_release(&text);
}

static void
many_short_segments_become_pieces(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    buf_put_str(&text, "CCSDS_TDM_VERS = 2.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = TEST\n");
    for (int i = 0; i < 1500; i++) {
        buf_put_fmt(&text,
                    "META_START\nTRACK_ID = T%d\nTIME_SYSTEM = UTC\nPARTICIPANT_1 = "
                    "STATION\nMETA_STOP\nDATA_START\nRANGE = ",
                    i);
        put_time(&text, i);
        buf_put_str(&text, " 7\nDATA_STOP\n");
    }
    if (read_pieces(&p, "tdm-kvn", buf_span(&text), &why) != 0)
        fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
    assert_true(p.n >= 4 && p.whole == 0 && p.largest <= LIMIT_BODY_BYTES);
    assert_true(span_equal(buf_span(&p.joined), buf_span(&text)));
    release(&p);
    buf_release(&text);
}

static void
many_short_segments_of_xml_become_pieces(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    buf_put_str(&text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tdm id=\"CCSDS_TDM_VERS\" "
                       "version=\"2.0\"><header><CREATION_DATE>2032-02-01T00:00:00</"
                       "CREATION_DATE><ORIGINATOR>TEST</ORIGINATOR></header><body>");
    for (int i = 0; i < 700; i++) {
        buf_put_fmt(&text,
                    "<segment><metadata><TRACK_ID>T%d</TRACK_ID><TIME_SYSTEM>UTC</"
                    "TIME_SYSTEM><PARTICIPANT_1>A</PARTICIPANT_1></metadata><data><observation><EPOCH>",
                    i);
        put_time(&text, i);
        buf_put_str(&text, "</EPOCH><RANGE>7</RANGE></observation></data></segment>\n");
    }
    buf_put_str(&text, "</body></tdm>");
    if (read_pieces(&p, "tdm-xml", buf_span(&text), &why) != 0)
        fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
    assert_true(p.n >= 2 && p.whole == 0 && p.largest <= LIMIT_BODY_BYTES);
    /* All but the declaration, which each piece has before it. */
    assert_true(p.joined.n + strlen("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") == text.n);
    assert_true(memcmp(p.joined.p, text.p + text.n - p.joined.n, p.joined.n) == 0);
    release(&p);
    buf_release(&text);
}

static void
pieces_of_xml_read_alone(void **state)
{
    static const char *const tag[] = {"", "ndm:"};
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    for (int q = 0; q < 2; q++) {
        const char *t = tag[q];
        buf_init(&text, 1 << 24);
        buf_put_fmt(&text,
                    "<%socm xmlns:ndm=\"urn:ccsds:schema:ndmxml\" id=\"CCSDS_OCM_VERS\" "
                    "version=\"3.0\">\n<%sheader><%sCREATION_DATE>2032-02-01T00:00:00</%sCREATION_DATE>",
                    t, t, t, t);
        buf_put_fmt(&text,
                    "<%sORIGINATOR>TEST</%sORIGINATOR></"
                    "%sheader>\n<%sbody><%ssegment>\n<%smetadata><%sEPOCH_TZERO>2032-02-01T00:00:00</"
                    "%sEPOCH_TZERO></%smetadata>\n",
                    t, t, t, t, t, t, t, t, t);
        buf_put_fmt(&text,
                    "<%sdata>\n<%straj>\n<%sCOMMENT>one</%sCOMMENT>\n<%sTRAJ_TYPE>CARTP</%sTRAJ_TYPE>\n", t,
                    t, t, t, t, t);
        for (int i = 0; i < 2500; i++)
            buf_put_fmt(&text, "<%strajLine>%d.0 6524.834 6862.875 6448.296</%strajLine>\n", t, i, t);
        buf_put_fmt(&text,
                    "</%straj>\n<%sphys>\n<%sWET_MASS "
                    "units=\"kg\">100</%sWET_MASS>\n</%sphys>\n</%sdata></%ssegment></%sbody>\n</%socm>",
                    t, t, t, t, t, t, t, t, t);
        if (read_pieces(&p, "ocm-xml", buf_span(&text), &why) != 0)
            fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
        assert_true(p.n >= 3 && p.whole == 0 && p.largest <= LIMIT_BODY_BYTES);
        assert_true(span_equal(buf_span(&p.joined), buf_span(&text)));
        release(&p);
        buf_release(&text);
    }
}

static void
states_of_xml_become_pieces(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    buf_put_str(&text, "<oem id=\"CCSDS_OEM_VERS\" "
                       "version=\"2.0\"><header><CREATION_DATE>2032-02-01T00:00:00</"
                       "CREATION_DATE><ORIGINATOR>TEST</ORIGINATOR></header><body>");
    for (int s = 0; s < 2; s++) {
        buf_put_str(
            &text,
            "<segment><metadata><OBJECT_NAME>A</OBJECT_NAME><OBJECT_ID>2031-014A</"
            "OBJECT_ID><CENTER_NAME>EARTH</CENTER_NAME><REF_FRAME>GCRF</REF_FRAME>"
            "<TIME_SYSTEM>UTC</TIME_SYSTEM><START_TIME>2032-02-01T00:00:00</"
            "START_TIME><STOP_TIME>2032-02-02T00:00:00</STOP_TIME></metadata><data><COMMENT>c</COMMENT>");
        for (int i = 0; i < 600; i++) {
            buf_put_str(&text, "<stateVector><EPOCH>");
            put_time(&text, 1000 * s + i);
            buf_put_str(&text, "</EPOCH><X>1.5</X><Y>2</Y><Z>3</Z><X_DOT>4</X_DOT><Y_DOT>5</Y_DOT><Z_DOT>6</"
                               "Z_DOT></stateVector>\n");
        }
        buf_put_str(&text, "</data></segment>");
    }
    buf_put_str(&text, "</body></oem>");
    if (read_pieces(&p, "oem-xml", buf_span(&text), &why) != 0)
        fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
    assert_true(p.n >= 3 && p.whole == 0 && p.largest <= LIMIT_BODY_BYTES);
    assert_true(span_equal(buf_span(&p.joined), buf_span(&text)));
    release(&p);
    buf_release(&text);
}

static void
each_message_of_a_file_has_its_own_version(void **state)
{
    static const char old[] = "CCSDS_APM_VERS = 1.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = TEST\n"
                              "OBJECT_NAME = A\nOBJECT_ID = 2031-014A\nTIME_SYSTEM = UTC\n"
                              "EPOCH = 2032-02-01T00:00:00\nQ_FRAME_A = EME2000\nQ_FRAME_B = SC_BODY_1\n"
                              "Q_DIR = A2B\nQ1 = 0\nQ2 = 0\nQ3 = 0\nQC = 1\n";
    static const char new[] = "CCSDS_APM_VERS = 2.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = TEST\n"
                              "META_START\nOBJECT_NAME = A\nOBJECT_ID = 2031-014A\nTIME_SYSTEM = UTC\n"
                              "META_STOP\nEPOCH = 2032-02-01T00:00:00\nQUAT_START\nREF_FRAME_A = EME2000\n"
                              "REF_FRAME_B = SC_BODY_1\nQ1 = 0\nQ2 = 0\nQ3 = 0\nQC = 1\nQUAT_STOP\n";
    struct convert how = {0};
    struct buf text, json;
    struct why why = {.code = WHY_NONE};

    (void)state;
    buf_init(&text, 1 << 20);
    buf_init(&json, 1 << 20);
    buf_put_fmt(&text, "%s%s%s", old, new, old);
    if (registry_read(buf_span(&text), "apm-kvn", &how, take_alone, &json, &why) != 0)
        fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
    assert_non_null(strstr(buf_cstr(&json), "\"1.0\""));
    assert_non_null(strstr(buf_cstr(&json), "\"2.0\""));
    buf_release(&text);
    buf_release(&json);
}

/* Lines whose columns the metadata choose: they must be there again in each piece. */
static void
attitudes_of_xml_become_pieces(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    buf_put_str(&text, "<aem id=\"CCSDS_AEM_VERS\" "
                       "version=\"2.0\"><header><CREATION_DATE>2032-02-01T00:00:00</"
                       "CREATION_DATE><ORIGINATOR>TEST</ORIGINATOR></header><body><segment><metadata>"
                       "<OBJECT_NAME>A</OBJECT_NAME><OBJECT_ID>2031-014A</OBJECT_ID>"
                       "<REF_FRAME_A>EME2000</REF_FRAME_A><REF_FRAME_B>SC_BODY_1</REF_FRAME_B>"
                       "<TIME_SYSTEM>UTC</TIME_SYSTEM><START_TIME>2032-02-01T00:00:00</"
                       "START_TIME><STOP_TIME>2032-02-02T00:00:00</STOP_TIME>"
                       "<ATTITUDE_TYPE>quaternion</ATTITUDE_TYPE></metadata><data><COMMENT>c</COMMENT>");
    for (int i = 0; i < 900; i++) {
        buf_put_str(&text, "<attitudeState><quaternionEphemeris><EPOCH>");
        put_time(&text, i);
        buf_put_str(&text, "</EPOCH><quaternion><Q1>0.5</Q1><Q2>0.5</Q2><Q3>0.5</Q3><QC>0.5</QC>"
                           "</quaternion></quaternionEphemeris></attitudeState>\n");
    }
    buf_put_str(&text, "</data></segment></body></aem>");
    if (read_pieces(&p, "aem-xml", buf_span(&text), &why) != 0)
        fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
    assert_true(p.n >= 3 && p.whole == 0 && p.largest <= LIMIT_BODY_BYTES);
    assert_true(span_equal(buf_span(&p.joined), buf_span(&text)));
    release(&p);
    buf_release(&text);
}

/* Blocks inside a block stand in the last piece, behind the lines. */
static void
long_attitude_histories_become_pieces(void **state)
{
    struct buf text;
    struct pieces p;
    struct why why;

    (void)state;
    buf_init(&text, 1 << 24);
    buf_put_str(&text, "CCSDS_ACM_VERS = 2.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = TEST\n"
                       "META_START\nOBJECT_NAME = A\nTIME_SYSTEM = UTC\nEPOCH_TZERO = "
                       "2032-02-01T00:00:00\nMETA_STOP\nATT_START\nREF_FRAME_A = EME2000\nREF_FRAME_B = "
                       "SC_BODY_1\nNUMBER_STATES = 4\nATT_TYPE = QUATERNION\n");
    for (int i = 0; i < 5000; i++)
        buf_put_fmt(&text, "%d 0.5 0.5 0.5 0.5\n", i);
    buf_put_str(&text, "ATT_STOP\nAD_START\nAD_METHOD = EKF\nSENSOR_START\nSENSOR_NUMBER = 1\nSENSOR_STOP\n"
                       "SENSOR_START\nSENSOR_NUMBER = 2\nSENSOR_STOP\nAD_STOP\n");
    if (read_pieces(&p, "acm-kvn", buf_span(&text), &why) != 0)
        fail_msg("%u:%u %s %s", why.line, why.column, why.field, why.note);
    assert_true(p.n == 3 && p.whole == 0);
    assert_true(span_equal(buf_span(&p.joined), buf_span(&text)));
    release(&p);
    buf_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_ephemeris_becomes_pieces_that_are_the_file),
        cmocka_unit_test(a_short_one_stays_whole),
        cmocka_unit_test(times_rise_across_a_cut),
        cmocka_unit_test(long_tracking_data_become_pieces),
        cmocka_unit_test(many_short_lines_become_pieces),
        cmocka_unit_test(many_short_segments_become_pieces),
        cmocka_unit_test(many_short_segments_of_xml_become_pieces),
        cmocka_unit_test(pieces_of_xml_read_alone),
        cmocka_unit_test(states_of_xml_become_pieces),
        cmocka_unit_test(each_message_of_a_file_has_its_own_version),
        cmocka_unit_test(attitudes_of_xml_become_pieces),
        cmocka_unit_test(long_attitude_histories_become_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
