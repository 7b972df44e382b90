using System.Globalization;
using HeartbeatGateway.Million;

// Set before the first socket, as the service does.
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

var bare = options is { IsBare: false, IsAlone: false } ? await BareRun.RunAsync(options) : null;
var (figures, held) = await new Run(options, Console.Out).RunAsync();
if (options.IsBare) BareRun.Report(figures);
if (bare is not null)
{
    var heap = figures.HeapBytesPerConnection - bare.HeapBytesPerConnection;
    var cores = figures.Cores - bare.Cores;
    var microseconds = figures.MicrosecondsPerPing - bare.MicrosecondsPerPing;
    FormattableString difference = $"the gateway's own  {heap:0} bytes of heap a connection, {cores:0.00} cores, {microseconds:0.00} µs a ping";
    Console.WriteLine(difference.ToString(CultureInfo.InvariantCulture));
}

return held ? 0 : 1;
