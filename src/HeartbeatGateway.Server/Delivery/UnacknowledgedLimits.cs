namespace HeartbeatGateway.Server.Delivery;

/// <summary>The bounds of numbered messages of one client that are not settled, or cannot be acknowledged before an earlier one is.</summary>
/// <param name="Messages">Their largest number.</param>
/// <param name="Bytes">The largest sum of their contents, in bytes. One message alone may exceed it.</param>
internal readonly record struct UnacknowledgedLimits(int Messages, long Bytes);
