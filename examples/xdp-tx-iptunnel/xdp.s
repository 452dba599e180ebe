# XDP: frames to a virtual address (address, protocol, port) go back out, wrapped in an outer IPv4 header.

.section xdp,"ax",@progbits
.globl xdp_tx_iptunnel
.type xdp_tx_iptunnel,@function
xdp_tx_iptunnel:
	mov r6, r1		# struct xdp_md
	ldxw r7, [r6+0]		# data
	ldxw r8, [r6+4]		# data_end

	mov r1, r7
	add r1, 34		# Ethernet and IPv4 header
	jgt r1, r8, short
	ldxh r1, [r7+12]
	jne r1, 0x0008, pass	# not IPv4 (0x0800 in network order)
	ldxb r1, [r7+14]
	jne r1, 0x45, pass	# IPv4 with options
	ldxb r9, [r7+23]	# protocol
	jeq r9, 6, ports	# TCP
	jne r9, 17, pass	# not UDP either

ports:
	mov r1, r7
	add r1, 38		# both ports
	jgt r1, r8, drop

	# The key, on the stack.
	ldxw r1, [r7+30]	# destination address
	stxw [r10-8], r1
	ldxh r1, [r7+36]	# destination port
	stxh [r10-4], r1
	stxb [r10-2], r9
	stb [r10-1], 0
	ldimm64 r1, vip_map
	mov r2, r10
	add r2, -8
	call bpf_map_lookup_elem
	jeq r0, 0, pass

	mov r1, r6
	mov r2, r0
	call encap
	mov r1, r0
	ja done

short:
	# An IPv4 frame cut before its header ends is dropped; other short frames are not ours.
	mov r1, r7
	add r1, 14
	jgt r1, r8, drop
	ldxh r1, [r7+12]
	jne r1, 0x0008, pass
drop:
	mov r1, 1		# XDP_DROP
	ja done
pass:
	mov r1, 2		# XDP_PASS
done:
	call count
	exit
.size xdp_tx_iptunnel, . - xdp_tx_iptunnel

.section license,"aw",@progbits
	.asciz "GPL"
