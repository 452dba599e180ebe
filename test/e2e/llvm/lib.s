# The demo's functions in the spelling of LLVM: same bytes as examples/xdp-tx-iptunnel/lib.s.

.text

# count(verdict): adds one to the verdict's counter and returns the verdict.
.globl count
.type count,@function
count:
	r6 = r1
	*(u32 *)(r10 - 4) = r1
	r1 = verdicts ll
	r2 = r10
	r2 += -4
	call 1
	if r0 == 0 goto no_count
	r1 = *(u64 *)(r0 + 0)
	r1 += 1
	*(u64 *)(r0 + 0) = r1
no_count:
	r0 = r6
	exit
.size count, . - count

# encap(ctx, tunnel): makes room for an outer IPv4 header and writes it. Returns XDP_TX, or XDP_DROP where it cannot.
.globl encap
.type encap,@function
encap:
	r6 = r1
	r7 = r2

	r1 = *(u32 *)(r6 + 0)
	r2 = *(u32 *)(r6 + 4)
	r3 = r1
	r3 += 34
	if r3 > r2 goto no_encap
	r8 = *(u16 *)(r1 + 16)	# length of the inner packet
	r8 = be16 r8

	r1 = r6
	r2 = -20
	call 44
	if r0 != 0 goto no_encap
	r9 = *(u32 *)(r6 + 0)
	r2 = *(u32 *)(r6 + 4)
	r3 = r9
	r3 += 54
	if r3 > r2 goto no_encap

	# Ethernet: from the address the frame came to, to the next hop.
	r4 = *(u32 *)(r9 + 20)
	r5 = *(u16 *)(r9 + 24)
	*(u32 *)(r9 + 6) = r4
	*(u16 *)(r9 + 10) = r5
	r4 = *(u32 *)(r7 + 8)
	r5 = *(u16 *)(r7 + 12)
	*(u32 *)(r9 + 0) = r4
	*(u16 *)(r9 + 4) = r5
	*(u16 *)(r9 + 12) = 0x0008

	# IPv4, protocol 4: IP in IP.
	*(u16 *)(r9 + 14) = 0x0045	# version 4, five words, no service
	r8 += 20
	r8 = be16 r8
	*(u16 *)(r9 + 16) = r8
	*(u32 *)(r9 + 18) = 0		# no identification, no fragments
	*(u16 *)(r9 + 22) = 0x0440	# time to live 64, protocol 4
	*(u16 *)(r9 + 24) = 0
	r4 = *(u32 *)(r7 + 0)
	*(u32 *)(r9 + 26) = r4
	r4 = *(u32 *)(r7 + 4)
	*(u32 *)(r9 + 30) = r4
	r1 = r9
	r1 += 14
	call ipv4_checksum
	*(u16 *)(r9 + 24) = r0
	r0 = 3		# XDP_TX
	exit
no_encap:
	r0 = 1		# XDP_DROP
	exit
.size encap, . - encap

# ipv4_checksum(header): the checksum of the 20 bytes at header, whose checksum field is zero (RFC 1071).
.globl ipv4_checksum
.type ipv4_checksum,@function
ipv4_checksum:
	r0 = *(u32 *)(r1 + 0)
	r2 = *(u32 *)(r1 + 4)
	r0 += r2
	r2 = *(u32 *)(r1 + 8)
	r0 += r2
	r2 = *(u32 *)(r1 + 12)
	r0 += r2
	r2 = *(u32 *)(r1 + 16)
	r0 += r2
	# Five 32-bit words make at most 35 bits: fold to 32, to 17 and twice to 16.
	r2 = r0
	r2 >>= 32
	w0 = w0
	r0 += r2
	r2 = r0
	r2 >>= 16
	r0 &= 0xffff
	r0 += r2
	r2 = r0
	r2 >>= 16
	r0 &= 0xffff
	r0 += r2
	r2 = r0
	r2 >>= 16
	r0 += r2
	r0 ^= 0xffff
	r0 &= 0xffff
	exit
.size ipv4_checksum, . - ipv4_checksum
