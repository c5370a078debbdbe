// port.c and selftest.c on DPDK's virtual devices.
#include <unistd.h>

#include "selftest.h"
#include "virtual_port.h"

// Called by name, as a driver calls it: DPDK keeps the declaration in headers for drivers.
int rte_eth_dev_callback_process(void *device, enum rte_eth_event_type event, void *argument);
extern char rte_eth_devices[];

static bool never(void)
{
	return false;
}

static void no_device(void)
{
	struct fault fault;

	core.config = test_config(MODE_SINK);
	CHECK(port_init(&core.port, &core.config, &fault) < 0);
	CHECK_EQUAL(fault.code, EXIT_NO_PORT);
	CHECK_TEXT(fault.text, "port: none probed; bind");
}

static void opens_and_closes_again_and_again(void)
{
	for (int i = 0; i < 5; i++) {
		open_port("net_ring", MODE_RESPOND);
		CHECK_TEXT(core.port.device, device_name);
		CHECK_TEXT(core.port.driver, "net_ring");
		CHECK(atomic_load(&core.port.link_up));
		CHECK_EQUAL(core.port.mac[0] & 1, 0);
		CHECK_EQUAL(port_mbufs_total(&core.port), 2047);
		close_port();
	}
}

static void too_few_buffers(void)
{
	struct fault fault;

	core.config = test_config(MODE_SINK);
	core.config.mbufs = 1024;
	CHECK(!plug_in("net_null", "", &fault));
	CHECK_EQUAL(fault.code, EXIT_USAGE);
	CHECK_TEXT(fault.text, "--mbufs: '1024'; these queues, rings and burst need 1856");
	unplug();
}

static void more_buffers_than_memory(void)
{
	struct fault fault;

	core.config = test_config(MODE_SINK);
	core.config.mbufs = 1048576;
	CHECK(!plug_in("net_null", "", &fault));
	CHECK_EQUAL(fault.code, EXIT_MEMORY);
	CHECK_TEXT(fault.text, "mempool: 1048576 buffers of ");
	unplug();
}

static void jumbo_frames_fit_one_buffer(void)
{
	struct fault fault;
	uint8_t *bytes;
	struct rte_mbuf *mbuf;

	core.config = test_config(MODE_SINK);
	core.config.mtu = 9001;
	CHECK(plug_in("net_null", "", &fault));
	mbuf = port_mbuf_new(&core.port, 9001 + 14 + 8, &bytes);
	CHECK(mbuf != NULL);
	port_mbuf_free(mbuf);
	CHECK(port_mbuf_new(&core.port, 20000, &bytes) == NULL);
	close_port();
}

static void jumbo_frames_are_scattered_where_the_device_can(void)
{
	struct fault fault;

	core.config = test_config(MODE_SINK);
	core.config.mtu = 9001;
	CHECK(plug_in("net_ring", "", &fault));
	CHECK(core.port.scatter);
	CHECK_EQUAL(rte_pktmbuf_data_room_size(core.port.pool), RTE_PKTMBUF_HEADROOM + 2048);
	close_port();
	open_port("net_ring", MODE_SINK);
	CHECK(!core.port.scatter);
	close_port();
	// A burst of 32 such frames is 160 buffers.
	core.config.mtu = 9001;
	core.config.mbufs = 1024;
	CHECK(!plug_in("net_ring", "", &fault));
	CHECK_TEXT(fault.text, "need 2112");
	unplug();
}

static void checksums_by_a_device_that_cannot(void)
{
	struct fault fault;

	core.config = test_config(MODE_SINK);
	core.config.tx_checksum = CHECKSUM_HARDWARE;
	CHECK(!plug_in("net_null", "", &fault));
	CHECK_EQUAL(fault.code, EXIT_USAGE);
	CHECK_TEXT(fault.text, "--tx-checksum: 'hardware'; net_null");
	unplug();
	core.config.tx_checksum = CHECKSUM_AUTO;
	core.config.rx_checksum = CHECKSUM_HARDWARE;
	CHECK(!plug_in("net_null", "", &fault));
	CHECK_TEXT(fault.text, "--rx-checksum: 'hardware'; net_null");
	unplug();
	core.config.rx_checksum = CHECKSUM_AUTO;
	CHECK(plug_in("net_null", "", &fault));
	CHECK(!core.port.tx_checksum && !core.port.rx_checksum);
	close_port();
}

static void self_test_passes(void)
{
	struct fault fault = {.text = ""};

	for (enum mode mode = MODE_RESPOND; mode <= MODE_REFLECT; mode++) {
		open_port("net_ring", mode);
		if (mode != MODE_RESPOND)
			core.pollers[0].responder.ipv4 = 0;
		CHECK_EQUAL(selftest_run(&core, never, &fault), 0);
		CHECK_TEXT(fault.text, "");
		CHECK_EQUAL(atomic_load(&core.self_test), SELF_TEST_PASSED);
		CHECK_EQUAL(atomic_load(&core.gateway_arp), GATEWAY_NOT_ASKED);
		close_port();
	}
}

static void silent_gateway_fails_the_self_test(void)
{
	struct fault fault;

	core.config = test_config(MODE_RESPOND);
	core.config.gateway = 0x0a000101;
	// Takes what is sent and never receives: failure 13 of a newcomer's fifteen.
	CHECK(plug_in("net_null", "no-rx=1", &fault));
	CHECK(selftest_run(&core, never, &fault) < 0);
	CHECK_EQUAL(fault.code, EXIT_SELF_TEST);
	CHECK_TEXT(fault.text, "gateway 10.0.1.1: no answer to ARP in 1 s (sent ");
	CHECK_TEXT(fault.text, ", received 0)");
	// Five times a second, less often without a processor.
	CHECK(core.pollers[0].counters.tx_packets >= 1 && core.pollers[0].counters.tx_packets <= 5);
	CHECK_EQUAL(atomic_load(&core.self_test), SELF_TEST_FAILED);
	CHECK_EQUAL(atomic_load(&core.gateway_arp), GATEWAY_SILENT);
	close_port();
}

static void answering_gateway_passes_the_self_test(void)
{
	const struct responder gateway = {.mac = {0x02, 0, 0, 0, 0, 0x01}, .ipv4 = 0x0a000101};
	struct rte_mbuf *mbufs[64];
	struct fault fault;
	uint8_t *frame;
	struct rte_mbuf *mbuf;

	core.config = test_config(MODE_SINK);
	core.config.gateway = 0x0a000101;
	CHECK(plug_in("net_ring", "", &fault));
	mbuf = port_mbuf_new(&core.port, ARP_REQUEST_SIZE, &frame);
	respond_ask_gateway(&core.pollers[0].responder, frame);
	CHECK_EQUAL(respond(&gateway, frame, ARP_REQUEST_SIZE), VERDICT_ARP_REPLY);
	CHECK_EQUAL(port_send(&core.port, mbuf), 0);
	CHECK_EQUAL(selftest_run(&core, never, &fault), 0);
	CHECK_EQUAL(atomic_load(&core.gateway_arp), GATEWAY_ANSWERED);
	// The question that was asked came around; it is ours to throw away.
	for (uint16_t left = receive(mbufs); left > 0; left--)
		rte_pktmbuf_free(mbufs[left - 1]);
	close_port();
}

static bool at_once(void)
{
	return true;
}

static void self_test_can_be_broken_off(void)
{
	struct fault fault;

	core.config = test_config(MODE_RESPOND);
	core.config.gateway = 0x0a000101;
	atomic_store(&core.self_test, SELF_TEST_RUNNING);
	CHECK(plug_in("net_null", "no-rx=1", &fault));
	CHECK_EQUAL(selftest_run(&core, at_once, &fault), 0);
	CHECK_EQUAL(atomic_load(&core.self_test), SELF_TEST_RUNNING);
	close_port();
}

static void reset_brings_the_port_back(void)
{
	struct fault fault = {.text = ""};
	struct rte_mbuf *mbufs[64];
	uint8_t *bytes;

	open_port("net_ring", MODE_SINK);
	CHECK_EQUAL(core.port.id, 0);
	CHECK(!atomic_load(&core.port.reset_wanted));
	rte_eth_dev_callback_process(rte_eth_devices, RTE_ETH_EVENT_INTR_RESET, NULL);
	CHECK(atomic_load(&core.port.reset_wanted));
	for (int i = 1; i <= 10; i++) {
		CHECK_EQUAL(port_reset(&core.port, &fault), 0);
		CHECK_EQUAL(atomic_load(&core.port.resets), i);
	}
	CHECK(!atomic_load(&core.port.reset_wanted));
	CHECK(atomic_load(&core.port.link_up));
	CHECK_EQUAL(port_send(&core.port, port_mbuf_new(&core.port, 60, &bytes)), 0);
	CHECK_EQUAL(receive(mbufs), 1);
	port_mbuf_free(mbufs[0]);
	CHECK(!atomic_load(&core.port.removed));
	rte_eth_dev_callback_process(rte_eth_devices, RTE_ETH_EVENT_INTR_RMV, NULL);
	CHECK(atomic_load(&core.port.removed));
	close_port();
}

static const struct check_case cases[] = {
	{"no device", no_device},
	{"opens and closes again and again", opens_and_closes_again_and_again},
	{"too few buffers", too_few_buffers},
	{"more buffers than memory", more_buffers_than_memory},
	{"jumbo frames fit one buffer", jumbo_frames_fit_one_buffer},
	{"jumbo frames are scattered where the device can",
		jumbo_frames_are_scattered_where_the_device_can},
	{"checksums by a device that cannot", checksums_by_a_device_that_cannot},
	{"the self-test passes in every mode", self_test_passes},
	{"a silent gateway fails the self-test", silent_gateway_fails_the_self_test},
	{"an answering gateway passes it", answering_gateway_passes_the_self_test},
	{"the self-test can be broken off", self_test_can_be_broken_off},
	{"a reset brings the port back", reset_brings_the_port_back},
};

int main(void)
{
	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
