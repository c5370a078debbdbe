// The tag that makes a stack and all it owns recognizable as a rig: the CDK side sets it, rigctl searches by it.
export const RIG_TAG = 'dpdk-rig';
