# What the program calls: counting, the outer header, the checksum.

.text

# count(verdict): adds one to the verdict's counter and returns the verdict.
.globl count
.type count,@function
count:
	mov r6, r1
	stxw [r10-4], r1
	ldimm64 r1, verdicts
	mov r2, r10
	add r2, -4
	call bpf_map_lookup_elem
	jeq r0, 0, 1f
	ldxdw r1, [r0+0]
	add r1, 1
	stxdw [r0+0], r1
1:
	mov r0, r6
	exit
.size count, . - count

# encap(ctx, tunnel): makes room for an outer IPv4 header and writes it. Returns XDP_TX, or XDP_DROP where it cannot.
.globl encap
.type encap,@function
encap:
	mov r6, r1
	mov r7, r2

	ldxw r1, [r6+0]
	ldxw r2, [r6+4]
	mov r3, r1
	add r3, 34
	jgt r3, r2, 1f
	ldxh r8, [r1+16]	# length of the inner packet
	be16 r8

	mov r1, r6
	mov r2, -20
	call bpf_xdp_adjust_head
	jne r0, 0, 1f
	ldxw r9, [r6+0]
	ldxw r2, [r6+4]
	mov r3, r9
	add r3, 54
	jgt r3, r2, 1f

	# Ethernet: from the address the frame came to, to the next hop.
	ldxw r4, [r9+20]
	ldxh r5, [r9+24]
	stxw [r9+6], r4
	stxh [r9+10], r5
	ldxw r4, [r7+8]
	ldxh r5, [r7+12]
	stxw [r9+0], r4
	stxh [r9+4], r5
	sth [r9+12], 0x0008

	# IPv4, protocol 4: IP in IP.
	sth [r9+14], 0x0045	# version 4, five words, no service
	add r8, 20
	be16 r8
	stxh [r9+16], r8
	stw [r9+18], 0		# no identification, no fragments
	sth [r9+22], 0x0440	# time to live 64, protocol 4
	sth [r9+24], 0
	ldxw r4, [r7+0]
	stxw [r9+26], r4
	ldxw r4, [r7+4]
	stxw [r9+30], r4
	mov r1, r9
	add r1, 14
	call ipv4_checksum
	stxh [r9+24], r0
	mov r0, 3		# XDP_TX
	exit
1:
	mov r0, 1		# XDP_DROP
	exit
.size encap, . - encap

# ipv4_checksum(header): the checksum of the 20 bytes at header, whose checksum field is zero (RFC 1071).
.globl ipv4_checksum
.type ipv4_checksum,@function
ipv4_checksum:
	ldxw r0, [r1+0]
	ldxw r2, [r1+4]
	add r0, r2
	ldxw r2, [r1+8]
	add r0, r2
	ldxw r2, [r1+12]
	add r0, r2
	ldxw r2, [r1+16]
	add r0, r2
	# Five 32-bit words make at most 35 bits: fold to 32, to 17 and twice to 16.
	mov r2, r0
	rsh r2, 32
	mov32 r0, r0
	add r0, r2
	mov r2, r0
	rsh r2, 16
	and r0, 0xffff
	add r0, r2
	mov r2, r0
	rsh r2, 16
	and r0, 0xffff
	add r0, r2
	mov r2, r0
	rsh r2, 16
	add r0, r2
	xor r0, 0xffff
	and r0, 0xffff
	exit
.size ipv4_checksum, . - ipv4_checksum
