using System.Net;

namespace HeartbeatGateway.Epoll;

/// <summary>What one loop of an <see cref="EpollTransport"/> does at the moment.</summary>
/// <param name="Loop">The number of the loop, from 0.</param>
/// <param name="Connections">Connections that the loop serves.</param>
/// <param name="ConnectionId">The connection whose program the loop runs at the moment; null while it waits for events.</param>
/// <param name="RemoteEndPoint">The peer of that connection.</param>
/// <param name="Busy">
/// For how long the loop has been in that connection without going on to another event. Measured from the first look of the watch that saw it: up to 250 ms less
/// than the truth, and zero for a shorter time.
/// </param>
/// <param name="IsPinged">Whether a ping (<see cref="EpollTransport.PingAsync"/>) waits for the answer of this loop.</param>
public readonly record struct EpollLoopState(int Loop, int Connections, string? ConnectionId, EndPoint? RemoteEndPoint, TimeSpan Busy, bool IsPinged);
