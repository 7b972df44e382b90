// A client as in the Netty heartbeat tutorial ("the article"), on a plain socket and without code of the gateway. It sends a ping
// after 5 s without a write, closes the connection after 10 s without a byte, and reconnects for ever. It uses the scheme digest
// and local time. It prints one event per line on standard output, with the same texts as the Netty client in ../netty.
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
