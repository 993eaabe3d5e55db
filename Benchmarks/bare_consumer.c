/* The limit of a worker: consumes and acks COUNT messages with librabbitmq and does nothing with them.
   usage: bare_consumer HOST PORT USER PASSWORD VHOST QUEUE PREFETCH COUNT; prints messages per second, the seconds of CPU of the whole
   run, and the peak RSS in MiB */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void check(int ok, const char *what)
{
    if (ok) return;
    fprintf(stderr, "bare_consumer: cannot %s\n", what);
    exit(1);
}

int main(int argc, char **argv)
{
    check(argc == 9, "run without HOST PORT USER PASSWORD VHOST QUEUE PREFETCH COUNT");
    int prefetch = atoi(argv[7]), count = atoi(argv[8]);
    amqp_connection_state_t c = amqp_new_connection();
    amqp_socket_t *s = amqp_tcp_socket_new(c);
    check(s && amqp_socket_open(s, argv[1], atoi(argv[2])) == 0, "connect");
    amqp_rpc_reply_t r = amqp_login(c, argv[5], 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, argv[3], argv[4]);
    check(r.reply_type == AMQP_RESPONSE_NORMAL, "log in");
    amqp_channel_open(c, 1);
    amqp_basic_qos(c, 1, 0, prefetch, 0);
    amqp_basic_consume(c, 1, amqp_cstring_bytes(argv[6]), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check(amqp_get_rpc_reply(c).reply_type == AMQP_RESPONSE_NORMAL, "consume");
    double start = 0;
    for (int i = 1; i <= count; i++) {
        amqp_envelope_t e;
        struct timeval limit = {.tv_sec = 30};
        check(amqp_consume_message(c, &e, &limit, 0).reply_type == AMQP_RESPONSE_NORMAL, "receive");
        if (i == 1) start = now();
        if (i % (prefetch / 2 + 1) == 0 || i == count) amqp_basic_ack(c, 1, e.delivery_tag, 1);
        amqp_destroy_envelope(&e);
        amqp_maybe_release_buffers(c);
    }
    double seconds = now() - start;
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("%.0f %.3f %.1f\n", (count - 1) / seconds, cpu, used.ru_maxrss / 1024.0);
    amqp_channel_close(c, 1, AMQP_REPLY_SUCCESS);
    amqp_connection_close(c, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(c);
    return 0;
}
