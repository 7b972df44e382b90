// A client as the article describes it, on a plain socket and with nothing of the gateway's own code: a ping after 5 s without a
// write, dead after 10 s without a byte, reconnects for ever. Scheme digest, local time. One line per event on standard output,
// in the same words as the Netty client beside it.
using ArticleClient;

if (args.Length < 3 || !int.TryParse(args[1], out var port))
{
    await Console.Error.WriteLineAsync("usage: article-client HOST PORT SECRET [--message] [--first-ping]");
    return 2;
}

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stopping.Cancel();
};
var client = new ReconnectingClient(args[0], port, args[2], sendsMessage: args.Contains("--message"), pingsFirst: args.Contains("--first-ping"));
await client.RunAsync(stopping.Token);
return 0;
