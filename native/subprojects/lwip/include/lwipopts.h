// lwIP as bookfeed uses it: a TCP client of IPv4 with one thread, no operating system beneath, and
// memory that is all taken at the start.
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_STATS 1
#define LWIP_STATS_LARGE 1
#define LWIP_STATS_DISPLAY 0
#define MEM_STATS 0
#define MEMP_STATS 0

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_RAW 0
#define LWIP_UDP 0
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define LWIP_TCP 1
#define LWIP_ALTCP 0
#define IP_FRAG 0
// Reassembly would hold buffers for who sends half of a packet; TCP is never in fragments.
#define IP_REASSEMBLY 0

#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define LWIP_NETIF_STATUS_CALLBACK 0
#define ARP_QUEUEING 1
#define ETHARP_SUPPORT_VLAN 0
#define ETH_PAD_SIZE 0

// All checksums in software, also where a device could: a wrong one on the wire would be dropped
// without a word, and so few bytes are sent that there is nothing to gain.
#define CHECKSUM_GEN_IP 1
#define CHECKSUM_GEN_TCP 1
#define CHECKSUM_GEN_ICMP 1
#define CHECKSUM_CHECK_IP 1
#define CHECKSUM_CHECK_TCP 1
#define CHECKSUM_CHECK_ICMP 1

#define MEM_ALIGNMENT 8
#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0
#define MEM_SIZE (1024 * 1024)
#define MEMP_NUM_TCP_PCB 32
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 1024
#define MEMP_NUM_PBUF 1024
#define PBUF_POOL_SIZE 64
#define MEMP_NUM_SYS_TIMEOUT 8
// The check compares the window with lwIP's own pool, where nothing that is received ever lies.
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1

// Window scaling by 16: a snapshot of some hundred kilobytes comes without waiting for us.
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 4
#define TCP_WND (512 * 1024)
#define TCP_MSS 1460
#define TCP_SND_BUF (64 * 1024)
#define TCP_SND_QUEUELEN 256
#define TCP_QUEUE_OOSEQ 1
// What came out of order holds buffers of the port: a lost segment must not drain the pool.
#define TCP_OOSEQ_MAX_BYTES (256 * 1024)
#define TCP_OOSEQ_MAX_PBUFS 512
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_MAX_SACK_NUM 4
#define LWIP_TCP_TIMESTAMPS 0
#define TCP_CALCULATE_EFF_SEND_MSS 1
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) lwip_hook_isn()

// Timers tick ten times a second instead of twice, so that a lost request is sent again in time;
// transport_lwip.c keeps the retransmission time at two ticks or more (RFC 6298 wants a floor).
#define TCP_TMR_INTERVAL 50
#define LWIP_TCP_RTO_TIME 1000
#define TCP_MAXRTX 8
#define TCP_SYNMAXRTX 5
#define LWIP_TCP_KEEPALIVE 0
#define TCP_MSL 5000

#endif
