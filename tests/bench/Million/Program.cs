using System.Globalization;
using HeartbeatGateway.Million;

// As the service sets it, before the first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
if (args is ["--help" or "-h"])
{
    Console.WriteLine(Options.Usage);
    return 0;
}

Options options;
try
{
    options = Options.Parse(args);
}
catch (Exception e) when (e is ArgumentException or FormatException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

var bare = options is { IsBare: false, IsAlone: false } ? await BareRun.GoAsync(options) : null;
var (figures, held) = await new Run(options, Console.Out).GoAsync();
if (options.IsBare) BareRun.Tell(figures);
if (bare is not null)
{
    FormattableString difference = $"the gateway's own  {figures.HeapBytesPerConnection - bare.HeapBytesPerConnection:0} bytes of heap a connection, {figures.Cores - bare.Cores:0.00} cores, {figures.MicrosecondsPerPing - bare.MicrosecondsPerPing:0.00} µs a ping";
    Console.WriteLine(difference.ToString(CultureInfo.InvariantCulture));
}

return held ? 0 : 1;
