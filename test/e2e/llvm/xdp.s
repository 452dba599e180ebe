# The demo's XDP program in the spelling of LLVM: same bytes as examples/xdp-tx-iptunnel/xdp.s.

.section xdp,"ax",@progbits
.globl xdp_tx_iptunnel
.type xdp_tx_iptunnel,@function
xdp_tx_iptunnel:
	r6 = r1		# struct xdp_md
	r7 = *(u32 *)(r6 + 0)		# data
	r8 = *(u32 *)(r6 + 4)		# data_end

	r1 = r7
	r1 += 34		# Ethernet and IPv4 header
	if r1 > r8 goto short
	r1 = *(u16 *)(r7 + 12)
	if r1 != 0x0008 goto pass	# not IPv4 (0x0800 in network order)
	r1 = *(u8 *)(r7 + 14)
	if r1 != 0x45 goto pass	# IPv4 with options
	r9 = *(u8 *)(r7 + 23)	# protocol
	if r9 == 6 goto ports	# TCP
	if r9 != 17 goto pass	# not UDP either

ports:
	r1 = r7
	r1 += 38		# both ports
	if r1 > r8 goto drop

	# The key, on the stack.
	r1 = *(u32 *)(r7 + 30)	# destination address
	*(u32 *)(r10 - 8) = r1
	r1 = *(u16 *)(r7 + 36)	# destination port
	*(u16 *)(r10 - 4) = r1
	*(u8 *)(r10 - 2) = r9
	*(u8 *)(r10 - 1) = 0
	r1 = vip_map ll
	r2 = r10
	r2 += -8
	call 1
	if r0 == 0 goto pass

	r1 = r6
	r2 = r0
	call encap
	r1 = r0
	goto done

short:
	# An IPv4 frame cut before its header ends is dropped; other short frames are not ours.
	r1 = r7
	r1 += 14
	if r1 > r8 goto drop
	r1 = *(u16 *)(r7 + 12)
	if r1 != 0x0008 goto pass
drop:
	r1 = 1		# XDP_DROP
	goto done
pass:
	r1 = 2		# XDP_PASS
done:
	call count
	exit
.size xdp_tx_iptunnel, . - xdp_tx_iptunnel

.section license,"aw",@progbits
	.asciz "GPL"
