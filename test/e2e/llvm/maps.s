# The demo's maps for LLVM: same bytes as examples/xdp-tx-iptunnel/maps.s.

.section maps,"aw",@progbits

# Who is tunnelled. Key: address (4 bytes), port (2), both in network order, protocol (1), zero (1).
# Value: outer source (4), outer destination (4), next hop's Ethernet address (6), zero (2).
.globl vip_map
vip_map:
	.long 1		# type: BPF_MAP_TYPE_HASH
	.long 8		# key_size
	.long 16	# value_size
	.long 256	# max_entries

# Frames by verdict.
.globl verdicts
verdicts:
	.long 6		# type: BPF_MAP_TYPE_PERCPU_ARRAY
	.long 4		# key_size
	.long 8		# value_size
	.long 5		# max_entries: XDP_ABORTED to XDP_REDIRECT
