using System.Globalization;
using System.Net;
using HeartbeatGateway.Bench.Bare;
using Microsoft.AspNetCore.Connections;

// Kestrel with a handler that only answers, with the same tuning as the gateway. The gateway's processor time and memory are compared with it.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
// A second argument, "epoll", selects the gateway's transport on epoll.
var port = int.Parse(args[0], CultureInfo.InvariantCulture);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseSockets(sockets => (sockets.Backlog, sockets.UnsafePreferInlineScheduling) = (4096, true));
if (args is [_, "epoll"]) builder.Services.AddSingleton<IConnectionListenerFactory, EpollListenerFactory>();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Any, port, endpoint => endpoint.UseConnectionHandler<PongHandler>());
    kestrel.Listen(IPAddress.Loopback, port + 1);
});
var app = builder.Build();
// Collects garbage first, as is done for the gateway, so that neither reading includes garbage.
app.MapGet("/heap", () => GC.GetTotalMemory(forceFullCollection: true).ToString(CultureInfo.InvariantCulture));
await app.StartAsync();
Console.WriteLine("ready");
await app.WaitForShutdownAsync();
