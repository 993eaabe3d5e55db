/* Fills a queue for a drain: declares it durable, publishes each line of standard input to it as persistent JSON, and
   ends when the broker has committed them all.
   usage: fill_queue HOST PORT USER PASSWORD VHOST QUEUE */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 500 };

static void check(int ok, const char *what)
{
    if (ok) return;
    fprintf(stderr, "fill_queue: cannot %s\n", what);
    exit(1);
}

int main(int argc, char **argv)
{
    check(argc == 7, "run without HOST PORT USER PASSWORD VHOST QUEUE");
    amqp_connection_state_t c = amqp_new_connection();
    amqp_socket_t *s = amqp_tcp_socket_new(c);
    check(s && amqp_socket_open(s, argv[1], atoi(argv[2])) == 0, "connect");
    amqp_rpc_reply_t r = amqp_login(c, argv[5], 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, argv[3], argv[4]);
    check(r.reply_type == AMQP_RESPONSE_NORMAL, "log in");
    amqp_channel_open(c, 1);
    amqp_bytes_t queue = amqp_cstring_bytes(argv[6]);
    amqp_queue_declare(c, 1, queue, 0, 1, 0, 0, amqp_empty_table);
    check(amqp_get_rpc_reply(c).reply_type == AMQP_RESPONSE_NORMAL, "declare the queue");
    amqp_tx_select(c, 1);
    check(amqp_get_rpc_reply(c).reply_type == AMQP_RESPONSE_NORMAL, "begin a transaction");
    amqp_basic_properties_t p = {
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG,
        .content_type = amqp_cstring_bytes("application/json"),
        .delivery_mode = 2,
    };
    char line[4096];
    for (int i = 1; fgets(line, sizeof line, stdin); i++) {
        line[strcspn(line, "\n")] = 0;
        int status = amqp_basic_publish(c, 1, amqp_empty_bytes, queue, 0, 0, &p, amqp_cstring_bytes(line));
        check(status == AMQP_STATUS_OK, "publish");
        if (i % WINDOW == 0) amqp_tx_commit(c, 1);
    }
    amqp_tx_commit(c, 1);
    check(amqp_get_rpc_reply(c).reply_type == AMQP_RESPONSE_NORMAL, "commit");
    amqp_connection_close(c, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(c);
    return 0;
}
