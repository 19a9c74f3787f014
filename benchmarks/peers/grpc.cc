// The peer of the RPC benchmark: the same two methods on an asynchronous gRPC C++ server with one
// completion queue and one thread, and the client that measures it, synchronous, one call at a time.
//   grpc-peer serve             prints "ready port=N"
//   grpc-peer call PORT COUNT   prints "ready health=NS positions=NS", medians in nanoseconds
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "trading/v1/trading.grpc.pb.h"

using namespace trading::v1;

namespace {

// What the gateway answers, by size: a ready server with one position and two balances.
void fill(HealthResponse *answer) {
    answer->set_is_ready(true);
    answer->set_mode(TRADING_MODE_TESTNET);
    answer->set_version("0.1.0");
    answer->set_journal_sequence(12345);
    answer->set_started_at(1795273709521239169);
}

void fill(PositionsResponse *answer) {
    answer->set_mode(TRADING_MODE_TESTNET);
    Position *position = answer->add_positions();
    position->set_symbol("BTCUSDT");
    position->set_quantity("0.00999");
    position->set_average_price("60000.01");
    position->set_mark_price("60000.01");
    position->set_realized_pnl("0");
    position->set_unrealized_pnl("0");
    position->set_fill_count(1);
    for (const char *asset : {"BTC", "USDT"}) {
        Balance *balance = answer->add_balances();
        balance->set_asset(asset);
        balance->set_total("1000000");
        balance->set_reserved("0");
        balance->set_available("1000000");
    }
}

struct Call {
    virtual ~Call() = default;
    virtual void proceed(bool ok) = 0;
};

// One call of a method: waits to be asked, answers, and has put another in its place by then.
template <typename Request, typename Response, auto Ask>
struct Answering final : Call {
    TradingService::AsyncService *service;
    grpc::ServerCompletionQueue *queue;
    grpc::ServerContext context;
    Request request;
    Response response;
    grpc::ServerAsyncResponseWriter<Response> writer{&context};
    bool is_answered = false;

    Answering(TradingService::AsyncService *service, grpc::ServerCompletionQueue *queue)
        : service(service), queue(queue) {
        (service->*Ask)(&context, &request, &writer, queue, queue, this);
    }

    void proceed(bool ok) override {
        if (is_answered || !ok) {
            delete this;
            return;
        }
        new Answering(service, queue);
        is_answered = true;
        fill(&response);
        writer.Finish(response, grpc::Status::OK, this);
    }
};

[[noreturn]] void serve() {
    TradingService::AsyncService service;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    auto queue = builder.AddCompletionQueue();
    auto server = builder.BuildAndStart();
    new Answering<HealthRequest, HealthResponse, &TradingService::AsyncService::RequestHealth>(
        &service, queue.get());
    new Answering<
        PositionsRequest, PositionsResponse, &TradingService::AsyncService::RequestPositions>(
        &service, queue.get());
    std::printf("ready port=%d\n", port);
    std::fflush(stdout);
    void *tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok)) static_cast<Call *>(tag)->proceed(ok);
    std::abort();
}

template <typename Body>
long median(int count, Body body) {
    std::vector<long> durations;
    for (int i = 0; i < count + 500; i++) {
        auto begin = std::chrono::steady_clock::now();
        grpc::Status status = body();
        auto end = std::chrono::steady_clock::now();
        if (!status.ok()) {
            std::fprintf(stderr, "grpc-peer: %s\n", status.error_message().c_str());
            std::exit(70);
        }
        if (i >= 500) durations.push_back(std::chrono::nanoseconds(end - begin).count());
    }
    std::nth_element(durations.begin(), durations.begin() + count / 2, durations.end());
    return durations[count / 2];
}

void call(const std::string &port, int count) {
    auto channel =
        grpc::CreateChannel("127.0.0.1:" + port, grpc::InsecureChannelCredentials());
    auto stub = TradingService::NewStub(channel);
    long health = median(count, [&] {
        grpc::ClientContext context;
        HealthResponse answer;
        return stub->Health(&context, HealthRequest(), &answer);
    });
    long positions = median(count, [&] {
        grpc::ClientContext context;
        PositionsResponse answer;
        return stub->Positions(&context, PositionsRequest(), &answer);
    });
    std::printf("ready health=%ld positions=%ld\n", health, positions);
    std::fflush(stdout);
    pause();
}

}  // namespace

int main(int count, char **arguments) {
    if (count == 2 && std::string(arguments[1]) == "serve") serve();
    if (count == 4 && std::string(arguments[1]) == "call") {
        call(arguments[2], std::atoi(arguments[3]));
        return 0;
    }
    std::fprintf(stderr, "usage: grpc-peer serve | call PORT COUNT\n");
    return 2;
}
