using System.Net;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>The command and the addresses of a gateway process.</summary>
internal sealed record GatewayLaunch
{
    /// <summary>The start command. Tests replace it to add a prefix or to run another host of the service.</summary>
    public IReadOnlyList<string> Command { get; init; } = ["dotnet", Repository.GatewayDll];

    public IPAddress Address { get; init; } = IPAddress.Loopback;

    public int TcpPort { get; init; } = GatewayProcess.FreePort();

    public int HttpPort { get; init; } = GatewayProcess.FreePort();
}
