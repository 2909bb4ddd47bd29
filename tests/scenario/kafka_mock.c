/*
 * A cluster of one broker that speaks Kafka (librdkafka's own), for test_plugin_kafka.py. Prints its address; then obeys lines:
 * `fail KEY CODE TIMES` (the next requests of that kind are refused), `down`, `up`, `read TOPIC` (every message, a line each, then `end`).
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTITIONS 4

static void
print_message(const rd_kafka_message_t *m)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t n;

    printf("%d\t%lld\t%.*s", (int)m->partition, (long long)m->offset, (int)m->key_len, (const char *)m->key);
    printf("\t%.*s\t", (int)m->len, (const char *)m->payload);
    if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        for (size_t i = 0;
             rd_kafka_header_get_all(headers, i, &name, &value, &n) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
            printf("%s=%.*s ", name, (int)n, (const char *)value);
    }
    puts("");
}

static void
read_topic(const char *address, const char *topic)
{
    char said[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *kafka;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    int open = PARTITIONS;

    if (rd_kafka_conf_set(conf, "bootstrap.servers", address, said, sizeof said) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "group.id", "reader", said, sizeof said) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "enable.partition.eof", "true", said, sizeof said) != RD_KAFKA_CONF_OK ||
        (kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, said, sizeof said)) == NULL) {
        fprintf(stderr, "%s\n", said);
        exit(1);
    }
    (void)rd_kafka_poll_set_consumer(kafka);
    for (int i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    (void)rd_kafka_assign(kafka, list);
    while (open > 0) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(kafka, 20000);
        if (m == NULL || (m->err != 0 && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)) {
            printf("failed\t%s\n", m != NULL ? rd_kafka_message_errstr(m) : "nothing came");
            open = 0;
        } else if (m->err != 0) {
            open--;
        } else {
            print_message(m);
        }
        if (m != NULL)
            rd_kafka_message_destroy(m);
    }
    rd_kafka_topic_partition_list_destroy(list);
    (void)rd_kafka_consumer_close(kafka);
    rd_kafka_destroy(kafka);
}

int
main(void)
{
    char said[256], line[512], topic[300];
    int key, code, times;
    rd_kafka_t *kafka;
    rd_kafka_mock_cluster_t *cluster;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    if (rd_kafka_conf_set(conf, "bootstrap.servers", "127.0.0.1:1", said, sizeof said) != RD_KAFKA_CONF_OK)
        return 1;
    rd_kafka_conf_set_log_cb(conf, NULL);
    kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, said, sizeof said);
    cluster = kafka != NULL ? rd_kafka_mock_cluster_new(kafka, 1) : NULL;
    if (cluster == NULL)
        return 1;
    puts(rd_kafka_mock_cluster_bootstraps(cluster));
    (void)fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "fail %d %d %d", &key, &code, &times) == 3) {
            for (int i = 0; i < times; i++)
                rd_kafka_mock_push_request_errors(cluster, (int16_t)key, 1, (rd_kafka_resp_err_t)code);
        } else if (strcmp(line, "down\n") == 0) {
            rd_kafka_mock_broker_set_down(cluster, 1);
        } else if (strcmp(line, "up\n") == 0) {
            rd_kafka_mock_broker_set_up(cluster, 1);
        } else if (sscanf(line, "read %299s", topic) == 1) {
            read_topic(rd_kafka_mock_cluster_bootstraps(cluster), topic);
        }
        puts("end");
        (void)fflush(stdout);
    }
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(kafka);
    return 0;
}
