using System.Net;

namespace HeartbeatGateway.Server.Limits;

/// <summary>A connection as limits see it.</summary>
internal interface ILimitedConnection
{
    EndPoint? RemoteEndPoint { get; }

    /// <summary>What limits remember of it; null while that is nothing.</summary>
    LimitState? Limits { get; set; }
}
