// Answers are built in DPDK's telemetry thread, from the view that the control loop took last. See
// telemetry_bookfeed.h.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_telemetry.h>
#include <rte_version.h>

#include "lwip_stack.h"
#include "port.h"
#include "telemetry_bookfeed.h"

// DPDK 23.03 renamed the 64-bit call, and 24.11 warns of the old name.
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define add_number rte_tel_data_add_dict_uint
#else
#define add_number rte_tel_data_add_dict_u64
#endif
#define add_text rte_tel_data_add_dict_string

// The commands carry no argument of ours, so what they speak of is here. NULL: nothing any more.
static struct program *shown;
static const struct port *shown_port;
static const struct lwip_stack *shown_stack;
static pthread_mutex_t shown_lock = PTHREAD_MUTEX_INITIALIZER;

static void answer_status(const char *params, struct rte_tel_data *data)
{
	const struct status *status = &shown->status;
	const struct view *view = status->view;

	(void)params;
	add_text(data, "version", BOOKFEED_VERSION);
	add_text(data, "dpdk", rte_version() + strlen("DPDK "));
	add_text(data, "venue", status->venue);
	add_text(data, "transport", status->transport);
	add_text(data, "device", shown_port->device);
	add_text(data, "driver", shown_port->driver);
	add_text(data, "link", atomic_load(&shown_port->link_up) ? "up" : "down");
	add_text(data, "state", session_state_name(view->state));
	add_text(data, "why", view->why);
	add_number(data, "symbols", view->count);
	add_number(data, "good", view->good);
	add_number(data, "uptime_s", (cycles_read().ns - status->start_ns) / 1000000000);
	add_number(data, "has_message", view->message_ns != 0);
	add_number(data, "message_age_ms",
		view->message_ns == 0 ? 0 : (view->time_ns - view->message_ns) / 1000000);
	add_number(data, "resets", atomic_load(&shown_port->resets));
	add_number(data, "pid", (uint64_t)getpid());
}

static void answer_stats(const char *params, struct rte_tel_data *data)
{
	struct status_counter rows[STATUS_COUNTERS];
	struct lwip_counters stack;

	(void)params;
	lwip_stack_counters(shown_stack, &stack);
	status_counters(&shown->view->counters, rows);
	for (size_t i = 0; i < STATUS_COUNTERS; i++)
		add_number(data, rows[i].name, rows[i].value);
	add_number(data, "rx_packets", stack.rx_packets);
	add_number(data, "rx_refused", stack.rx_refused);
	add_number(data, "tx_packets", stack.tx_packets);
	add_number(data, "tx_dropped", stack.tx_dropped);
	add_number(data, "checksum_errors", stack.checksum_errors);
	add_number(data, "tcp_dropped", stack.tcp_dropped);
	add_number(data, "mbufs_free", shown->status.mbufs_free);
	add_number(data, "mbufs_total", shown->status.mbufs_total);
}

static void add_stage(struct rte_tel_data *data, enum latency_stage stage)
{
	struct latency_summary one;
	char name[64];

	latency_summarize(&shown->latency, stage, shown->status.hz, &one);
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{"count", one.count},
		{"p50_ns", one.p50_ns},
		{"p90_ns", one.p90_ns},
		{"p99_ns", one.p99_ns},
		{"p999_ns", one.p999_ns},
		{"max_ns", one.max_ns},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(name), "%s_%s", latency_stage_name(stage), rows[i].name);
		add_number(data, name, rows[i].value);
	}
}

static void answer_latency(const char *params, struct rte_tel_data *data)
{
	(void)params;
	for (int i = 0; i < LATENCY_STAGES; i++)
		add_stage(data, (enum latency_stage)i);
}

static void add_level(struct rte_tel_data *data, const struct view_symbol *one, enum book_side side,
	const char *price_name, const char *quantity_name)
{
	char price[DECIMAL_TEXT_SIZE] = "", quantity[DECIMAL_TEXT_SIZE] = "";

	if (one->shown[side] > 0) {
		decimal_print(one->levels[side][0].price.units, one->symbol.price_decimals, price);
		decimal_print(one->levels[side][0].quantity.units, one->symbol.quantity_decimals,
			quantity);
	}
	add_text(data, price_name, price);
	add_text(data, quantity_name, quantity);
}

static void answer_book(const char *params, struct rte_tel_data *data)
{
	const struct view *view = shown->view;
	char text[128];

	for (size_t i = 0; i < view->count; i++) {
		const struct view_symbol *one = &view->symbols[i];

		if (params == NULL || strcmp(params, one->symbol.name) != 0)
			continue;
		add_text(data, "symbol", one->symbol.name);
		add_text(data, "state", one->symbol.state == FEED_GOOD ? "good" : "waiting");
		add_text(data, "cause", feed_cause_name(one->symbol.cause));
		add_level(data, one, BOOK_BID, "bid_price", "bid_quantity");
		add_level(data, one, BOOK_ASK, "ask_price", "ask_quantity");
		add_number(data, "bids", one->count[BOOK_BID]);
		add_number(data, "asks", one->count[BOOK_ASK]);
		add_number(data, "updates", one->symbol.updates);
		add_number(data, "resyncs", one->symbol.resyncs);
		return;
	}
	snprintf(text, sizeof(text), "/bookfeed/book: '%.32s'; give one of --symbols",
		params == NULL ? "" : params);
	add_text(data, "error", text);
}

static const struct {
	const char *name;
	const char *help;
	void (*fill)(const char *params, struct rte_tel_data *data);
} commands[] = {
	{"/bookfeed/status", "Session, books and port in one look.", answer_status},
	{"/bookfeed/stats", "Counters of session, stack and buffers.", answer_stats},
	{"/bookfeed/latency", "Percentiles of each stage from burst to book.", answer_latency},
	{"/bookfeed/book", "Best bid and ask. Parameter: a symbol.", answer_book},
};

static int answer(const char *name, const char *params, struct rte_tel_data *data)
{
	size_t i = 0;

	while (strcmp(commands[i].name, name) != 0)
		i++;
	rte_tel_data_start_dict(data);
	pthread_mutex_lock(&shown_lock);
	if (shown == NULL) {
		add_text(data, "error", "bookfeed: stopping; ask again when it runs");
	} else {
		pthread_mutex_lock(&shown->view_lock);
		commands[i].fill(params, data);
		pthread_mutex_unlock(&shown->view_lock);
	}
	pthread_mutex_unlock(&shown_lock);
	return 0;
}

int telemetry_bookfeed_init(
	struct program *program, const struct port *port, const struct lwip_stack *stack)
{
	int ret = 0;

	pthread_mutex_lock(&shown_lock);
	shown = program;
	shown_port = port;
	shown_stack = stack;
	pthread_mutex_unlock(&shown_lock);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && ret == 0; i++)
		ret = rte_telemetry_register_cmd(commands[i].name, answer, commands[i].help);
	return ret;
}

void telemetry_bookfeed_done(void)
{
	pthread_mutex_lock(&shown_lock);
	shown = NULL;
	pthread_mutex_unlock(&shown_lock);
}
