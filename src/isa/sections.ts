/**
 * What a section's name says about the programs in it: program type, expected attach type and load flags.
 * Source: the section definitions of libbpf 1.8 (116 entries), which bpftool, libbpf and aya users write.
 */
import { AttachType, ProgramType } from "./kernel-abi.js";

export interface SectionRule {
  /** `xdp` matches exactly; `kprobe+` matches `kprobe` and `kprobe/anything`. */
  readonly pattern: string;
  readonly programType: ProgramType;
  /** A number: newer kernels have attach types that 6.18 does not name. */
  readonly attachType: number | undefined;
  /** The program attaches to a kernel function or type, named after the slash and found in BTF. */
  readonly needsBtfId: boolean;
  readonly sleepable: boolean;
  /** XDP multi-buffer. */
  readonly frags: boolean;
  /** How the program attaches without being told where: the link's kind, or `undefined`. */
  readonly autoAttach: string | undefined;
}

/** Attach types that came after kernel 6.18. */
const later: Readonly<Record<string, number>> = {
  BPF_TRACE_FSESSION: 58,
  BPF_TRACE_FENTRY_MULTI: 59,
  BPF_TRACE_FEXIT_MULTI: 60,
  BPF_TRACE_FSESSION_MULTI: 61,
};

/** pattern, program type, attach type, flags (A and a: libbpf passes the attach type at load, a where the kernel takes it; B BTF id, S sleepable, F frags, U uprobe multi), link. */
const rows: readonly (readonly [string, string, string, string, string])[] = [
  ["socket", "SOCKET_FILTER", "", "", ""],
  ["sk_reuseport/migrate", "SK_REUSEPORT", "SK_REUSEPORT_SELECT_OR_MIGRATE", "A", ""],
  ["sk_reuseport", "SK_REUSEPORT", "SK_REUSEPORT_SELECT", "A", ""],
  ["kprobe+", "KPROBE", "", "", "kprobe"],
  ["kretprobe+", "KPROBE", "", "", "kprobe"],
  ["uprobe+", "KPROBE", "", "", "uprobe"],
  ["uretprobe+", "KPROBE", "", "", "uprobe"],
  ["uprobe.s+", "KPROBE", "", "S", "uprobe"],
  ["uretprobe.s+", "KPROBE", "", "S", "uprobe"],
  ["kprobe.multi+", "KPROBE", "TRACE_KPROBE_MULTI", "", "kprobe_multi"],
  ["kretprobe.multi+", "KPROBE", "TRACE_KPROBE_MULTI", "", "kprobe_multi"],
  ["kprobe.session+", "KPROBE", "TRACE_KPROBE_SESSION", "", "kprobe_session"],
  ["uprobe.multi+", "KPROBE", "TRACE_UPROBE_MULTI", "", "uprobe_multi"],
  ["uretprobe.multi+", "KPROBE", "TRACE_UPROBE_MULTI", "", "uprobe_multi"],
  ["uprobe.session+", "KPROBE", "TRACE_UPROBE_SESSION", "", "uprobe_multi"],
  ["uprobe.multi.s+", "KPROBE", "TRACE_UPROBE_MULTI", "S", "uprobe_multi"],
  ["uretprobe.multi.s+", "KPROBE", "TRACE_UPROBE_MULTI", "S", "uprobe_multi"],
  ["uprobe.session.s+", "KPROBE", "TRACE_UPROBE_SESSION", "S", "uprobe_multi"],
  ["ksyscall+", "KPROBE", "", "", "ksyscall"],
  ["kretsyscall+", "KPROBE", "", "", "ksyscall"],
  ["usdt+", "KPROBE", "", "U", "usdt"],
  ["usdt.s+", "KPROBE", "", "US", "usdt"],
  ["tc/ingress", "SCHED_CLS", "TCX_INGRESS", "", ""],
  ["tcx/ingress", "SCHED_CLS", "TCX_INGRESS", "", ""],
  ["tc/egress", "SCHED_CLS", "TCX_EGRESS", "", ""],
  ["tcx/egress", "SCHED_CLS", "TCX_EGRESS", "", ""],
  ["tc", "SCHED_CLS", "", "", ""],
  ["classifier", "SCHED_CLS", "", "", ""],
  ["action", "SCHED_ACT", "", "", ""],
  ["netkit/primary", "SCHED_CLS", "NETKIT_PRIMARY", "", ""],
  ["netkit/peer", "SCHED_CLS", "NETKIT_PEER", "", ""],
  ["tracepoint+", "TRACEPOINT", "", "", "tp"],
  ["tp+", "TRACEPOINT", "", "", "tp"],
  ["tracepoint.s+", "TRACEPOINT", "", "S", "tp"],
  ["tp.s+", "TRACEPOINT", "", "S", "tp"],
  ["raw_tracepoint+", "RAW_TRACEPOINT", "", "", "raw_tp"],
  ["raw_tp+", "RAW_TRACEPOINT", "", "", "raw_tp"],
  ["raw_tracepoint.s+", "RAW_TRACEPOINT", "", "S", "raw_tp"],
  ["raw_tp.s+", "RAW_TRACEPOINT", "", "S", "raw_tp"],
  ["raw_tracepoint.w+", "RAW_TRACEPOINT_WRITABLE", "", "", "raw_tp"],
  ["raw_tp.w+", "RAW_TRACEPOINT_WRITABLE", "", "", "raw_tp"],
  ["tp_btf+", "TRACING", "TRACE_RAW_TP", "B", "trace"],
  ["tp_btf.s+", "TRACING", "TRACE_RAW_TP", "BS", "trace"],
  ["fentry+", "TRACING", "TRACE_FENTRY", "B", "trace"],
  ["fmod_ret+", "TRACING", "MODIFY_RETURN", "B", "trace"],
  ["fexit+", "TRACING", "TRACE_FEXIT", "B", "trace"],
  ["fentry.s+", "TRACING", "TRACE_FENTRY", "BS", "trace"],
  ["fmod_ret.s+", "TRACING", "MODIFY_RETURN", "BS", "trace"],
  ["fexit.s+", "TRACING", "TRACE_FEXIT", "BS", "trace"],
  ["fsession+", "TRACING", "TRACE_FSESSION", "B", "trace"],
  ["fsession.s+", "TRACING", "TRACE_FSESSION", "BS", "trace"],
  ["fsession.multi+", "TRACING", "TRACE_FSESSION_MULTI", "", "tracing_multi"],
  ["fsession.multi.s+", "TRACING", "TRACE_FSESSION_MULTI", "S", "tracing_multi"],
  ["fentry.multi+", "TRACING", "TRACE_FENTRY_MULTI", "", "tracing_multi"],
  ["fexit.multi+", "TRACING", "TRACE_FEXIT_MULTI", "", "tracing_multi"],
  ["fentry.multi.s+", "TRACING", "TRACE_FENTRY_MULTI", "S", "tracing_multi"],
  ["fexit.multi.s+", "TRACING", "TRACE_FEXIT_MULTI", "S", "tracing_multi"],
  ["freplace+", "EXT", "", "B", "trace"],
  ["lsm+", "LSM", "LSM_MAC", "B", "lsm"],
  ["lsm.s+", "LSM", "LSM_MAC", "BS", "lsm"],
  ["lsm_cgroup+", "LSM", "LSM_CGROUP", "B", ""],
  ["iter+", "TRACING", "TRACE_ITER", "B", "iter"],
  ["iter.s+", "TRACING", "TRACE_ITER", "BS", "iter"],
  ["syscall", "SYSCALL", "", "S", ""],
  ["xdp.frags/devmap", "XDP", "XDP_DEVMAP", "F", ""],
  ["xdp/devmap", "XDP", "XDP_DEVMAP", "A", ""],
  ["xdp.frags/cpumap", "XDP", "XDP_CPUMAP", "F", ""],
  ["xdp/cpumap", "XDP", "XDP_CPUMAP", "A", ""],
  ["xdp.frags", "XDP", "XDP", "F", ""],
  ["xdp", "XDP", "XDP", "a", ""],
  ["perf_event", "PERF_EVENT", "", "", ""],
  ["lwt_in", "LWT_IN", "", "", ""],
  ["lwt_out", "LWT_OUT", "", "", ""],
  ["lwt_xmit", "LWT_XMIT", "", "", ""],
  ["lwt_seg6local", "LWT_SEG6LOCAL", "", "", ""],
  ["sockops", "SOCK_OPS", "CGROUP_SOCK_OPS", "a", ""],
  ["sk_skb/stream_parser", "SK_SKB", "SK_SKB_STREAM_PARSER", "a", ""],
  ["sk_skb/stream_verdict", "SK_SKB", "SK_SKB_STREAM_VERDICT", "a", ""],
  ["sk_skb/verdict", "SK_SKB", "SK_SKB_VERDICT", "a", ""],
  ["sk_skb", "SK_SKB", "", "", ""],
  ["sk_msg", "SK_MSG", "SK_MSG_VERDICT", "a", ""],
  ["lirc_mode2", "LIRC_MODE2", "LIRC_MODE2", "a", ""],
  ["flow_dissector", "FLOW_DISSECTOR", "FLOW_DISSECTOR", "a", ""],
  ["cgroup_skb/ingress", "CGROUP_SKB", "CGROUP_INET_INGRESS", "a", ""],
  ["cgroup_skb/egress", "CGROUP_SKB", "CGROUP_INET_EGRESS", "a", ""],
  ["cgroup/skb", "CGROUP_SKB", "", "", ""],
  ["cgroup/sock_create", "CGROUP_SOCK", "CGROUP_INET_SOCK_CREATE", "A", ""],
  ["cgroup/sock_release", "CGROUP_SOCK", "CGROUP_INET_SOCK_RELEASE", "A", ""],
  ["cgroup/sock", "CGROUP_SOCK", "CGROUP_INET_SOCK_CREATE", "a", ""],
  ["cgroup/post_bind4", "CGROUP_SOCK", "CGROUP_INET4_POST_BIND", "A", ""],
  ["cgroup/post_bind6", "CGROUP_SOCK", "CGROUP_INET6_POST_BIND", "A", ""],
  ["cgroup/bind4", "CGROUP_SOCK_ADDR", "CGROUP_INET4_BIND", "A", ""],
  ["cgroup/bind6", "CGROUP_SOCK_ADDR", "CGROUP_INET6_BIND", "A", ""],
  ["cgroup/connect4", "CGROUP_SOCK_ADDR", "CGROUP_INET4_CONNECT", "A", ""],
  ["cgroup/connect6", "CGROUP_SOCK_ADDR", "CGROUP_INET6_CONNECT", "A", ""],
  ["cgroup/connect_unix", "CGROUP_SOCK_ADDR", "CGROUP_UNIX_CONNECT", "A", ""],
  ["cgroup/sendmsg4", "CGROUP_SOCK_ADDR", "CGROUP_UDP4_SENDMSG", "A", ""],
  ["cgroup/sendmsg6", "CGROUP_SOCK_ADDR", "CGROUP_UDP6_SENDMSG", "A", ""],
  ["cgroup/sendmsg_unix", "CGROUP_SOCK_ADDR", "CGROUP_UNIX_SENDMSG", "A", ""],
  ["cgroup/recvmsg4", "CGROUP_SOCK_ADDR", "CGROUP_UDP4_RECVMSG", "A", ""],
  ["cgroup/recvmsg6", "CGROUP_SOCK_ADDR", "CGROUP_UDP6_RECVMSG", "A", ""],
  ["cgroup/recvmsg_unix", "CGROUP_SOCK_ADDR", "CGROUP_UNIX_RECVMSG", "A", ""],
  ["cgroup/getpeername4", "CGROUP_SOCK_ADDR", "CGROUP_INET4_GETPEERNAME", "A", ""],
  ["cgroup/getpeername6", "CGROUP_SOCK_ADDR", "CGROUP_INET6_GETPEERNAME", "A", ""],
  ["cgroup/getpeername_unix", "CGROUP_SOCK_ADDR", "CGROUP_UNIX_GETPEERNAME", "A", ""],
  ["cgroup/getsockname4", "CGROUP_SOCK_ADDR", "CGROUP_INET4_GETSOCKNAME", "A", ""],
  ["cgroup/getsockname6", "CGROUP_SOCK_ADDR", "CGROUP_INET6_GETSOCKNAME", "A", ""],
  ["cgroup/getsockname_unix", "CGROUP_SOCK_ADDR", "CGROUP_UNIX_GETSOCKNAME", "A", ""],
  ["cgroup/sysctl", "CGROUP_SYSCTL", "CGROUP_SYSCTL", "A", ""],
  ["cgroup/getsockopt", "CGROUP_SOCKOPT", "CGROUP_GETSOCKOPT", "A", ""],
  ["cgroup/setsockopt", "CGROUP_SOCKOPT", "CGROUP_SETSOCKOPT", "A", ""],
  ["cgroup/dev", "CGROUP_DEVICE", "CGROUP_DEVICE", "a", ""],
  ["struct_ops+", "STRUCT_OPS", "", "", ""],
  ["struct_ops.s+", "STRUCT_OPS", "", "S", ""],
  ["sk_lookup", "SK_LOOKUP", "SK_LOOKUP", "A", ""],
  ["netfilter", "NETFILTER", "NETFILTER", "", ""],
];

const attachTypes: Readonly<Record<string, number>> = { ...AttachType, ...later };

function rule([pattern, type, attach, flags, link]: (typeof rows)[number]): SectionRule {
  return {
    pattern,
    programType: ProgramType[`BPF_PROG_TYPE_${type}` as keyof typeof ProgramType],
    attachType: attach === "" ? undefined : attachTypes[`BPF_${attach}`],
    needsBtfId: flags.includes("B"),
    sleepable: flags.includes("S"),
    frags: flags.includes("F"),
    autoAttach: link === "" ? undefined : link,
  };
}

export const sectionRules: readonly SectionRule[] = rows.map(rule);

/** Rules by the name before any slash pattern, longest pattern first, so that `xdp/devmap` wins over `xdp`. */
const byLength = sectionRules.toSorted((a, b) => b.pattern.length - a.pattern.length);

/** The rule for a section called `name` (a leading `?`, "do not load automatically", is ignored), or undefined. */
export function sectionRule(name: string): SectionRule | undefined {
  const wanted = name.startsWith("?") ? name.slice(1) : name;
  return byLength.find(({ pattern }) => {
    if (!pattern.endsWith("+")) return pattern === wanted;
    const stem = pattern.slice(0, -1);
    return wanted === stem || wanted.startsWith(`${stem}/`);
  });
}
