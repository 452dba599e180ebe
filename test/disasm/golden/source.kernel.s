	.syntax kernel
	.globl outside
	.comm shared,16,8
	.set forty_two, 42
	.globl forty_two

	.section xdp,"ax",@progbits
	.balign 8
	.globl main
	.type main,@function
	.size main, 72
	.weak weak
	.hidden weak
	.type weak,@function
.L1:
main:
	0: (18) r2 = table
.L2:
	2: (05) goto .L3
	.8byte 0x00000000000000ff	# no instruction has opcode 0xff
.L3:
weak:
	4: (85) call bpf_map_lookup_elem#1
.L4:
	5: (85) call outside
	6: (55) if r0 != 0x0 goto .L1
	7: (95) exit
	.set within, .L1+8

	.section .data,"aw",@progbits
	.balign 8
	.type twin,@object
	.size twin, 8
	.8byte shared+4
	.8byte .L2
	.asciz "say \"hi\"\\"
	.zero 6
twin:
	.byte 0x00,0x00,0x00,0x00,0x00,0x00,0x00,0x00

	.section .bss,"aw",@nobits
	.balign 8
	.type twin.1,@object
	.size twin.1, 16
	.globl table
	.type table,@object
	.size table, 8
table:
	.zero 8
twin.1:
	.zero 16
